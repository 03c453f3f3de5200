// Users across two nodes on one real Redis: one connection too many, and revocations with and without the feed.
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/ops/clock.ts';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { userId } from '../support/stored-room.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let redis: RedisServer;
let control: Redis;
let here: TestApp;
let there: TestApp;
const clients: AppClient[] = [];

beforeAll(async () => {
  redis = await startRedis();
  control = new Redis(redis.url);
  here = await startTestApp({ REDIS_URL: redis.url });
  there = await startTestApp({ REDIS_URL: redis.url });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  control?.disconnect();
  await redis?.stop();
});

async function connect(app: TestApp, user: string): Promise<AppClient> {
  const client = await connectAs(app.url, user);
  clients.push(client);
  return client;
}
const closings = (client: AppClient) => client.payloadsOf('session:closing').map(({ code }) => code);
/** How long it takes until that connection is closed with this code, milliseconds. */
async function closedAfter(client: AppClient, code: string): Promise<number> {
  const began = systemClock.monotonic();
  await expect.poll(() => closings(client), { timeout: 15_000, interval: 20 }).toEqual([code]);
  return systemClock.monotonic() - began;
}

test('[CONN-14] the sixth connection closes the oldest, on another node', async () => {
  const oldest = await connect(there, 'alice');
  for (let index = 0; index < 5; index++) await connect(here, 'alice');
  expect(await closedAfter(oldest, 'REPLACED')).toBeLessThan(2_000);
  expect(oldest.socket.active).toBe(false);
});

describe('a revocation', () => {
  test('[CONN-13] reaches another node within 2 s, and the user’s seat there is free', async () => {
    const owner = await connect(here, 'owner');
    await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
    const bob = await connect(there, 'bob');
    await bob.do('room:join', { roomId: 'r1' });
    await bob.do('seat:take', { roomId: 'r1', seat: 2 });
    await here.userSessions.revoke(userId('bob'));
    expect(await closedAfter(bob, 'REVOKED')).toBeLessThan(2_000);
    await expect.poll(async () => (await owner.ask('seat:take', { roomId: 'r1', seat: 2 })).ok).toBe(true);
  });

  test('[CONN-13] takes effect within 10 s on a node whose feed stays cut off', async () => {
    const engines = await redisEngines(redis.url);
    const deaf = { ...engines, userFeed: { subscribe: async () => async () => undefined } };
    const node = await startTestApp({}, { engines: deaf });
    const carol = await connect(node, 'carol');
    await here.userSessions.revoke(userId('carol'));
    expect(await closedAfter(carol, 'REVOKED')).toBeLessThan(10_000);
    await node.stop();
    engines.close();
  });

  test('[CONN-13] is found at once when the feed is back after an interruption', async () => {
    const dave = await connect(there, 'dave');
    await control.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await here.userSessions.revoke(userId('dave'));
    expect(await closedAfter(dave, 'REVOKED')).toBeLessThan(4_000);
    const erin = await connect(there, 'erin');
    await here.userSessions.revoke(userId('erin'));
    expect(await closedAfter(erin, 'REVOKED')).toBeLessThan(2_000);
  });
});
