// The Redis engine keeps the contract of the scan. Besides: steps, prefixes, and the lifetime of a claim.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { SCAN_CLAIM_MS } from '../../src/store/scan-store.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { aStoredRoom, roomId } from '../support/stored-room.ts';
import { scanned, scanStoreContract } from './scan-store.contract.ts';

let server: RedisServer;
let engines: Engines;
let redis: Redis;

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

describe('Redis engine: scan', () => {
  scanStoreContract(() => engines);

  test('[SC1] one node at a time, until the claim has ended', async () => {
    const { scans } = engines;
    expect([await scans.claim(), await scans.claim()]).toEqual([true, false]);
    const left = await redis.pttl('mw:{nodes}:scan');
    expect(left).toBeGreaterThan(SCAN_CLAIM_MS - 60_000);
    expect(left).toBeLessThanOrEqual(SCAN_CLAIM_MS);
    await redis.del('mw:{nodes}:scan');
    expect(await scans.claim()).toBe(true);
  });

  test('[SC3] many keys are many steps', async () => {
    for (let count = 0; count < 3_000; count++) await redis.set(`mw:{user:${count}}:revoked`, '1');
    const { rooms, steps } = await scanned(engines);
    expect(rooms).toEqual([]);
    expect(steps).toBeGreaterThan(5);
  });

  test('[SC2] finds only rooms of its own prefix, whatever characters that has', async () => {
    const odd = await redisEngines(server.url, 'm*[w]');
    await engines.store.create(aStoredRoom(engines.store, roomId('plain')), null);
    await odd.store.create(aStoredRoom(odd.store, roomId('odd')), null);
    expect([(await scanned(engines)).rooms, (await scanned(odd)).rooms]).toEqual([['plain'], ['odd']]);
    odd.close();
  });
});
