// The Redis engine keeps the contracts of sanctions and password attempts. Besides: TTLs and placeholders.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import type { Engines } from '../../src/engines.ts';
import { createKeys } from '../../src/redis/keys.ts';
import { LOCKOUT_MS } from '../../src/store/attempt-store.ts';
import { SANCTIONS_PRUNED_FROM } from '../../src/store/room-store.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { aCommit, aJoining, aStoredRoom, roomId, uniqueId, userId } from '../support/stored-room.ts';
import { attemptStoreContract } from './attempt-store.contract.ts';
import { sanctionStoreContract } from './sanction-store.contract.ts';

let server: RedisServer;
let engines: Engines;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  engines = await redisEngines(server.url);
  redis = new Redis(server.url);
});

afterAll(async () => {
  redis?.disconnect();
  engines?.close();
  await server?.stop();
});

describe('Redis engine: sanctions', () => sanctionStoreContract(() => engines));
describe('Redis engine: attempts', () => attemptStoreContract(() => engines));

describe('Redis engine: sanctions and attempts at rest', () => {
  const keys = createKeys('mw');

  test('[ROOM-2][ROOM-9] wrong passwords are kept for 30 minutes after the last one; a refused attempt adds nothing', async () => {
    const id = roomId(uniqueId('room'));
    const key = keys.attempts(id, 'alice');
    expect(key).toContain(`{${id}}`);
    for (let index = 0; index < 5; index++) await engines.attempts.attempt(id, userId('alice'));
    expect(await redis.get(key)).toBe('5');
    expect(await redis.pttl(key)).toBeGreaterThan(LOCKOUT_MS - 30_000);
    expect(await redis.pttl(key)).toBeLessThanOrEqual(LOCKOUT_MS);
    await redis.pexpire(key, 50_000);
    const sixth = await engines.attempts.attempt(id, userId('alice'));
    expect(sixth.status === 'locked' && sixth.retryAfterMs).toBeLessThanOrEqual(50_000);
    expect([await redis.get(key), (await redis.pttl(key)) <= 50_000]).toEqual(['5', true]);
    await redis.pexpire(key, 1);
    await expect.poll(() => redis.exists(key)).toBe(0);
    expect(await engines.attempts.attempt(id, userId('alice'))).toEqual({ status: 'allowed' });
    await engines.attempts.forgive(id, userId('alice'));
    expect(await redis.exists(key)).toBe(0);
  });

  test('[B2][PRES-6] a ban is over exactly at its end, by the store’s time', async () => {
    const { store, presence, sanctions } = engines;
    const id = roomId(uniqueId('room'));
    const room = aStoredRoom(store, id);
    await store.create(room, null);
    const until = store.now() + 150;
    const banned = { type: 'member.banned' as const, by: 'owner', at: store.now(), userId: userId('alice'), until };
    await store.commit(aCommit(store, room, { events: [banned] }));
    await expect.poll(async () => (await presence.join(id, aJoining('alice'))).status).toBe('joined');
    expect(store.now()).toBeGreaterThanOrEqual(until);
    expect((await sanctions.find(id, [userId('alice')])).banned.size).toBe(0);
  });

  test('[ROOM-9] the lists hold their placeholder from the start to the end, pruned or not', async () => {
    const { store } = engines;
    const id = roomId(uniqueId('room'));
    const room = aStoredRoom(store, id);
    await store.create(room, null);
    const over = Array.from({ length: SANCTIONS_PRUNED_FROM }, (_, index) => ({
      type: 'member.banned' as const,
      by: 'owner',
      at: store.now(),
      userId: userId(`u${index}`),
      until: store.now() - 1,
    }));
    const first = aCommit(store, room, { events: over });
    await store.commit(first);
    expect(await redis.hlen(keys.bans(id))).toBe(over.length + 1);
    const { until: _, ...forEver } = over[0] ?? {};
    const second = aCommit(store, first.change?.after ?? room, { events: [forEver as StageEvent] });
    await store.commit(second);
    expect(Object.keys(await redis.hgetall(keys.bans(id))).sort()).toEqual([':', 'u0']);
    const lifted = { type: 'member.unbanned' as const, by: 'owner', at: store.now(), userId: userId('u0') };
    await store.commit(aCommit(store, second.change?.after ?? room, { events: [lifted] }));
    expect(await redis.hgetall(keys.bans(id))).toEqual({ ':': '0|' });
  });
});
