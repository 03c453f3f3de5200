// The bans and silences that a node can offer: one read, and then the events of commits.
import { expect, test } from 'vitest';
import type { StageEvent } from '../../../src/domain/stage-event.ts';
import { KnownSanctions } from '../../../src/rooms/recovery/known-sanctions.ts';
import type { RoomSanctions, Sanction } from '../../../src/store/sanction-store.ts';
import { aGate } from '../../support/gate.ts';
import { userId } from '../../support/stored-room.ts';

const sanction = (user: string): Sanction => ({ userId: userId(user), by: 'owner', at: 1, until: null });
const banned = (user: string): StageEvent => ({ type: 'member.banned', by: 'owner', at: 1, userId: userId(user) });
const unbanned = (user: string): StageEvent => ({ type: 'member.unbanned', by: 'owner', at: 2, userId: userId(user) });
const stored = (bans: string[], silences: string[] = []): RoomSanctions => ({
  bans: bans.map(sanction),
  silences: silences.map(sanction),
});
/** The users of both lists; null: the lists are not known. */
const users = ({ all }: KnownSanctions) =>
  all && { bans: all.bans.map((ban) => ban.userId), silences: all.silences.map((silence) => silence.userId) };

test('[SYNC-4][PRES-6] nothing is known before the first read, whatever commits come', () => {
  const sanctions = new KnownSanctions();
  sanctions.onEvents([banned('bob')]);
  expect(sanctions.all).toBeNull();
});

test('[SYNC-4][PRES-6] after the read, commits keep both lists true', async () => {
  const sanctions = new KnownSanctions();
  await sanctions.read(async () => stored(['bob', 'carol'], ['dave']));
  sanctions.onEvents([
    unbanned('bob'),
    banned('erin'),
    { type: 'member.silenced', by: 'owner', at: 2, userId: userId('frank'), until: 9 },
    { type: 'member.unsilenced', by: 'owner', at: 3, userId: userId('dave') },
  ]);
  expect(users(sanctions)).toEqual({ bans: ['carol', 'erin'], silences: ['frank'] });
});

test('[SYNC-4][PRES-6] events during the read win over its answer, which may be older', async () => {
  const sanctions = new KnownSanctions();
  const gate = aGate();
  const reading = sanctions.read(() => gate.opened.then(() => stored(['bob'])));
  sanctions.onEvents([unbanned('bob'), banned('carol')]);
  gate.open();
  await reading;
  expect(users(sanctions)).toEqual({ bans: ['carol'], silences: [] });
});

test('[SYNC-4][PRES-6] the answer of an older read is ignored', async () => {
  const sanctions = new KnownSanctions();
  const gate = aGate();
  const older = sanctions.read(() => gate.opened.then(() => stored(['bob'])));
  await sanctions.read(async () => stored(['carol']));
  gate.open();
  await older;
  expect(users(sanctions)).toEqual({ bans: ['carol'], silences: [] });
});

test('[SYNC-4][PRES-6] a failed read rejects and changes nothing', async () => {
  const sanctions = new KnownSanctions();
  await sanctions.read(async () => stored(['bob']));
  await expect(sanctions.read(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(users(sanctions)).toEqual({ bans: ['bob'], silences: [] });
});
