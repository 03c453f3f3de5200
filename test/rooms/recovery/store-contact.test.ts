// The terms of unbroken contact with the store: a silence of more than ten minutes begins a new term.
import { expect, test } from 'vitest';
import { StoreContact } from '../../../src/rooms/recovery/store-contact.ts';
import { OFFER_MEMORY_MS } from '../../../src/store/room-recovery.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('[SYNC-4] the term stays the same as long as the store answers in time', () => {
  const clock = new ManualClock();
  const contact = new StoreContact(clock);
  const first = contact.term;
  expect(first).not.toBeNull();
  for (let times = 0; times < 3; times++) {
    clock.jump(OFFER_MEMORY_MS);
    expect([contact.onContact(), contact.term]).toEqual([false, first]);
  }
});

test('[SYNC-4] after too long a silence there is no term, and the next answer begins a new one', () => {
  const clock = new ManualClock();
  const contact = new StoreContact(clock);
  const first = contact.term;
  clock.jump(OFFER_MEMORY_MS + 1);
  expect(contact.term).toBeNull();
  expect(contact.onContact()).toBe(true);
  expect(contact.term).not.toBeNull();
  expect(contact.term).not.toBe(first);
  expect(contact.onContact()).toBe(false);
});
