// The Redis engine keeps the contract of room recovery. Its redis-server becomes a replica for a moment, and so gets
// another replication id.
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type Loss, roomRecoveryContract } from './room-recovery.contract.ts';

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
    // As after a restart or a promotion: a server that stops being a replica gets a new replication id.
    await redis.replicaof('127.0.0.1', 1);
    await redis.replicaof('NO', 'ONE');
  },
  // The server itself waits, for a list that stays empty.
  pass: async (ms) => void (await redis.blpop('nothing', ms / 1000)),
};

describe('Redis engine: room recovery', () =>
  roomRecoveryContract(
    () => engines,
    () => loss,
  ));
