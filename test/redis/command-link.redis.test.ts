// Commands on a link that falls silent end in time and are done at most once, and the link is replaced.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { CALLS_MAX, DEADLINE_MS } from '../../src/redis/command-link.ts';
import { createKeys } from '../../src/redis/keys.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../../src/store/store-errors.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { aJoining, roomId, uniqueId } from '../support/stored-room.ts';
import { BLACK_HOLE, linkOf, startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const keys = createKeys('mw');
const { userId } = aJoining('alice');
let server: RedisServer;
let proxy: TcpProxy;
let engines: Engines;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  proxy = await startTcpProxy(Number(new URL(server.url).port));
  engines = await redisEngines(`redis://127.0.0.1:${proxy.port}`);
});

afterAll(async () => {
  engines?.close();
  redis?.disconnect();
  await proxy?.stop();
  await server?.stop();
});

const healthy = () => expect.poll(() => engines.isHealthy(), { timeout: 5_000, interval: 20 }).toBe(true);
const timed = async (work: Promise<unknown>) => {
  const before = performance.now();
  await work;
  return performance.now() - before;
};

describe('a command link in a black hole', () => {
  test('[ACK-3] a write whose reply is lost ends as unknown in time, and is done once', async () => {
    const room = roomId(uniqueId('room'));
    await engines.attempts.attempt(room, userId);
    linkOf(proxy, 'maiwei-commands').weather = { holes: ['toClient'] };
    const lost = expect(engines.attempts.attempt(room, userId)).rejects.toBeInstanceOf(OutcomeUnknownError);
    expect(await timed(lost)).toBeLessThan(DEADLINE_MS + 200);
    expect(await timed(healthy())).toBeLessThan(4_000);
    expect(await redis.get(keys.attempts(room, userId))).toBe('2');
  });

  test('[ACK-4] no call hangs, the number of waiting calls is bounded, and the link is replaced', async () => {
    await healthy();
    linkOf(proxy, 'maiwei-commands').weather = BLACK_HOLE;
    const room = roomId(uniqueId('room'));
    const outcomes = new Map<string, number>();
    const ask = () =>
      engines.attempts.attempt(room, userId).catch((error: Error) => {
        outcomes.set(error.name, (outcomes.get(error.name) ?? 0) + 1);
      });
    const all = Promise.all(Array.from({ length: CALLS_MAX + 500 }, ask));
    expect(await timed(all)).toBeLessThan(DEADLINE_MS + 1_000);
    expect(outcomes.get('OutcomeUnknownError')).toBe(CALLS_MAX);
    expect(outcomes.get('StoreUnavailableError')).toBe(500);
    // Calls whose callers gave up still count, until the link is dead.
    await expect(engines.attempts.attempt(room, userId)).rejects.toBeInstanceOf(StoreUnavailableError);
    await healthy();
    expect(await engines.attempts.attempt(room, userId)).toEqual({ status: 'allowed' });
  });

  test('[ACK-3] a reply that comes too late is dropped, and the link goes on', async () => {
    await healthy();
    const link = linkOf(proxy, 'maiwei-commands');
    link.weather = { delayMs: 700 };
    const room = roomId(uniqueId('room'));
    await expect(engines.attempts.attempt(room, userId)).rejects.toBeInstanceOf(OutcomeUnknownError);
    await expect.poll(() => redis.get(keys.attempts(room, userId)), { interval: 20 }).toBe('1');
    link.weather = null;
    await expect.poll(() => engines.isHealthy(), { interval: 20 }).toBe(true);
    expect(linkOf(proxy, 'maiwei-commands')).toBe(link);
  });
});
