// The queue of a room's turns: one at a time, bounded for clients, never closed to what must happen.
import { expect, test } from 'vitest';
import { Batcher } from '../../src/ops/batcher.ts';
import { turnLimits } from '../../src/rooms/turns/turn.ts';
import { aGate } from '../support/gate.ts';

test('[D2] a full queue refuses what clients ask for, and still takes what must not be lost', async () => {
  const gate = aGate();
  const ran: string[] = [];
  const queue = new Batcher<string>(async (jobs) => {
    await gate.opened;
    ran.push(...jobs);
  }, turnLimits);
  const taken = Array.from({ length: 1_200 }, (_, index) => queue.add(`job ${index}`)).filter(Boolean).length;
  expect(taken).toBeGreaterThanOrEqual(1_000);
  expect(taken).toBeLessThan(1_200);
  expect(queue.add('one more')).toBe(false);
  queue.addAlways('a drop');
  gate.open();
  await queue.idle();
  expect(ran).toHaveLength(taken + 1);
  expect(ran.at(-1)).toBe('a drop');
});
