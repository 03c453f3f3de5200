// Graces that run on one node: when they end, what ends them early, and the holding that each of them keeps.
import { beforeEach, expect, test } from 'vitest';
import { LocalGraces } from '../../../src/rooms/membership/local-graces.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { roomId, userId } from '../../support/stored-room.ts';

const id = roomId('r1');
const alice = userId('alice');

let clock: ManualClock;
let graces: LocalGraces;
let log: string[];
let canHold: boolean;

beforeEach(() => {
  clock = new ManualClock();
  log = [];
  canHold = true;
  const holdings = {
    hold: async () => {
      if (!canHold) throw new Error('away');
      log.push('hold');
    },
    release: () => void log.push('release'),
  };
  graces = new LocalGraces({ clock, holdings: holdings as never });
});

const begin = (fence: number | 'unknown', onCut?: () => Promise<void>) =>
  graces.begin({
    roomId: id,
    userId: alice,
    fence,
    afterMs: 1_000,
    onEnd: async () => void log.push(`end ${fence}`),
    ...(onCut ? { onCut } : {}),
  });

test('[PRES-1][PRES-3] the room is among the holdings until a grace has ended', async () => {
  begin(5);
  await clock.advance(999);
  expect([log, graces.has(id, { userId: alice, fence: 5 })]).toEqual([['hold'], true]);
  await clock.advance(1);
  await runMicrotasks();
  expect([log, graces.has(id, { userId: alice, fence: 5 })]).toEqual([['hold', 'end 5', 'release'], false]);
});

test('[PRES-1] a grace ends in time although the store could not be told; then nothing is released', async () => {
  canHold = false;
  begin(5);
  await clock.advance(1_000);
  await runMicrotasks();
  expect(log).toEqual(['end 5']);
});

test('[PRES-1] a grace of an unknown session may be of any session of that user', () => {
  begin('unknown');
  const has = [graces.has(id, { userId: alice, fence: 7 }), graces.has(id, { userId: userId('bob'), fence: 7 })];
  expect([...has, graces.has(roomId('r2'), { userId: alice, fence: 7 })]).toEqual([true, false, false]);
});

test('[CONN-13] a cut ends graces up to that fence, each in its own way and once', async () => {
  begin(5);
  begin(6, async () => void log.push('cut 6'));
  begin(7);
  graces.cutShort(userId('bob'), 9);
  graces.cutShort(alice, 6);
  await runMicrotasks();
  expect(log.filter((entry) => /end|cut/.test(entry))).toEqual(['end 5', 'cut 6']);
  await clock.advance(1_000);
  expect(log.filter((entry) => /end|cut/.test(entry))).toEqual(['end 5', 'cut 6', 'end 7']);
});

test('[CONN-12] after close nothing ends here', async () => {
  begin(5);
  graces.close();
  await clock.advance(2_000);
  expect(log).toEqual(['hold']);
});
