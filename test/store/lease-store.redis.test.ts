// The Redis engine keeps the contract of leases. Besides: TTLs, and one slot.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { createKeys, LEASES_TTL_MS } from '../../src/redis/keys.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { nodeId, roomId } from '../support/stored-room.ts';
import { leaseStoreContract } from './lease-store.contract.ts';

let server: RedisServer;
let engines: Engines;
let redis: Redis;
const keys = createKeys('mw');

beforeAll(async () => {
  server = await startRedis();
  engines = await redisEngines(server.url);
  redis = new Redis(server.url);
});

beforeEach(() => redis.flushdb());

afterAll(async () => {
  redis?.disconnect();
  engines?.close();
  await server?.stop();
});

/** Makes all that is kept older, which for the scripts is the same as if time went on. */
async function pass(byMs: number): Promise<void> {
  for (const key of keys.leases.slice(0, 3)) {
    for (const member of await redis.zrange(key, '0', '-1')) await redis.zincrby(key, -byMs, member);
  }
}

describe('Redis engine: lease store', () => leaseStoreContract({ engine: () => engines, pass }));

describe('Redis engine: keys of leases', () => {
  test('[L6] a server that took over counts its surveys from then on', async () => {
    const { leases } = engines;
    const listed = keys.leases[4] as string;
    const { since } = await leases.survey({ limit: 0 });
    expect(Math.abs(since - Date.now())).toBeLessThan(60_000);
    const replicationId = (await redis.hget(listed, ':'))?.split('|')[0];
    await redis.hset(listed, ':', `${replicationId}|5`);
    expect((await leases.survey({ limit: 0 })).since).toBe(5);
    await redis.hset(listed, ':', `${'0'.repeat(40)}|5`);
    expect((await leases.survey({ limit: 0 })).since).toBeGreaterThanOrEqual(since);
  });

  test('[ROOM-9] all keys have a TTL and share a slot', async () => {
    const { leases } = engines;
    await leases.hold(nodeId('early'), [roomId('early')]);
    await leases.renew(nodeId('one'));
    await leases.list(nodeId('one'), [roomId('room')]);
    await leases.renew(nodeId('one'));
    await leases.resign(nodeId('other'));
    await leases.survey({ limit: 1 });
    const all = (await redis.keys('*')).sort();
    expect(all).toEqual([
      'mw:{nodes}:due',
      'mw:{nodes}:gone',
      'mw:{nodes}:leases',
      'mw:{nodes}:listed',
      'mw:{nodes}:rooms:early',
      'mw:{nodes}:rooms:one',
    ]);
    for (const key of all) {
      const left = await redis.pttl(key);
      expect(left, key).toBeGreaterThan(LEASES_TTL_MS - 60_000);
      expect(left, key).toBeLessThanOrEqual(LEASES_TTL_MS);
    }
  });
});
