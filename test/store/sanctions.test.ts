// The memory engine keeps the contracts of sanctions and password attempts. Besides: what takes time.
import { beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/domain/room.ts';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import { LOCKOUT_MS } from '../../src/store/attempt-store.ts';
import type { MemoryAttemptStore } from '../../src/store/memory/attempt-store-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { aCommit, aJoining, aStoredRoom, roomId, userId } from '../support/stored-room.ts';
import { attemptStoreContract } from './attempt-store.contract.ts';
import { sanctionStoreContract } from './sanction-store.contract.ts';

let clock: ManualClock;
let engines: Engines;

beforeEach(() => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
});

describe('memory engine: sanctions', () => sanctionStoreContract(() => engines));
describe('memory engine: attempts', () => attemptStoreContract(() => engines));

describe('memory engine: the time of sanctions and attempts', () => {
  test('[PRES-6] a ban is over exactly at its end, for queries and for joins', async () => {
    const { store, presence, sanctions } = engines;
    const room = aStoredRoom(store, roomId('r1'));
    await store.create(room, null);
    const until = store.now() + 60_000;
    const banned = { type: 'member.banned' as const, by: 'owner', at: store.now(), userId: userId('alice'), until };
    await store.commit(aCommit(store, room, { events: [banned] }));
    const isOut = async () => [
      (await sanctions.find(roomId('r1'), [userId('alice')])).banned.size,
      (await presence.join(roomId('r1'), aJoining('alice'))).status,
    ];
    await clock.advance(59_999);
    expect(await isOut()).toEqual([1, 'banned']);
    await clock.advance(1);
    expect(await isOut()).toEqual([0, 'joined']);
  });

  test('[PRES-6] a full list is not full any more when its sanctions have expired, although none is added', async () => {
    const { store, sanctions } = engines;
    const room = aStoredRoom(store, roomId('r1'));
    await store.create(room, null);
    const [at, until] = [store.now(), store.now() + 60_000];
    const events = Array.from({ length: limits.sanctions }, (_, index) => ({
      ...{ type: 'member.silenced' as const, by: 'owner', at, until },
      userId: userId(`u${index}`),
    }));
    await store.commit(aCommit(store, room, { events }));
    await clock.advance(59_999);
    expect((await sanctions.find(roomId('r1'), [])).silences).toBe(limits.sanctions);
    await clock.advance(1);
    expect((await sanctions.find(roomId('r1'), [])).silences).toBe(0);
  });

  test('[ROOM-2][ROOM-9] wrong passwords are forgotten 30 minutes after the last one', async () => {
    const attempt = (user: string) => engines.attempts.attempt(roomId('r1'), userId(user));
    for (let index = 0; index < 5; index++) {
      await clock.advance(60_000);
      expect(await attempt('alice')).toEqual({ status: 'allowed' });
    }
    await clock.advance(LOCKOUT_MS - 1);
    // A refused attempt does not count: it does not lengthen the wait.
    expect(await attempt('alice')).toEqual({ status: 'locked', retryAfterMs: 1 });
    await clock.advance(1);
    expect(await attempt('alice')).toEqual({ status: 'allowed' });
    await clock.advance(LOCKOUT_MS);
    await attempt('bob');
    expect((engines.attempts as MemoryAttemptStore).size).toBe(1);
  });
});
