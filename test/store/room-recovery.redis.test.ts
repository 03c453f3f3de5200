// The Redis engine keeps the contract of settling, on a real redis-server that becomes a replica for a moment and so begins
// another history; and what a history costs.
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type Loss, settlementContract } from './room-recovery.contract.ts';

let server: RedisServer;
let redis: Redis;
let engines: Engines;
let noted = new Map<string, { readonly value: Buffer; readonly ttl: number }>();

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
beforeEach(async () => {
  engines = await redisEngines(server.url);
});
afterEach(() => engines.close());
afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});

async function dumpAll(): Promise<typeof noted> {
  const all: typeof noted = new Map();
  for (const key of await redis.keys('*')) {
    const value = await redis.dumpBuffer(key);
    if (value) all.set(key, { value, ttl: Math.max(0, await redis.pttl(key)) });
  }
  return all;
}

const loss: Loss = {
  async checkpoint() {
    noted = await dumpAll();
  },
  async failOver(what) {
    const kept = what === 'everything' ? await dumpAll() : what === 'nothing' ? new Map() : noted;
    await redis.flushall();
    for (const [key, { value, ttl }] of kept) await redis.restore(key, ttl, value);
    // As after a restart or a promotion: who stops being a replica begins a history of its own.
    await redis.replicaof('127.0.0.1', 1);
    await redis.replicaof('NO', 'ONE');
  },
  // The server itself waits, for something that never comes.
  pass: async (ms) => void (await redis.blpop('nothing', ms / 1000)),
};

describe('Redis engine: settling', () =>
  settlementContract(
    () => engines,
    () => loss,
  ));
