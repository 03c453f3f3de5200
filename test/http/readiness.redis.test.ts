// Readiness and liveness while a real Redis stalls, is killed and comes back. Liveness does not depend on Redis.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/ops/clock.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

/** The check of every second runs ten times as often, so ten seconds of it pass in one; all else keeps its pace. */
const HASTE = 10;
const hasty: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * HASTE,
  after: (delayMs, task) => systemClock.after(delayMs === 1_000 ? delayMs / HASTE : delayMs, task),
  soon: (task) => systemClock.soon(task),
};

let redis: RedisServer;
let app: TestApp;
beforeAll(async () => {
  redis = await startRedis();
  app = await startTestApp({ REDIS_URL: redis.url }, { clock: hasty });
});
afterAll(async () => {
  await app?.stop();
  await redis?.stop();
});

const statusOf = async (path: string) => (await fetch(`${app.opsUrl}${path}`)).status;

test('[HTTP-1] a stalled Redis: ready at first, later not ready, alive all the time, ready with its first answer', async () => {
  expect(await statusOf('/readyz')).toBe(200);
  redis.process.kill('SIGSTOP');
  const stopped = systemClock.monotonic();
  expect(await statusOf('/readyz')).toBe(200);
  await expect.poll(() => statusOf('/readyz'), { timeout: 15_000 }).toBe(503);
  expect(systemClock.monotonic() - stopped).toBeGreaterThan(900);
  expect(await statusOf('/livez')).toBe(200);
  redis.process.kill('SIGCONT');
  await expect.poll(() => statusOf('/readyz'), { timeout: 10_000 }).toBe(200);
});

test('[HTTP-1] a killed Redis: the same', async () => {
  await redis.stop();
  expect(await statusOf('/readyz')).toBe(200);
  await expect.poll(() => statusOf('/readyz'), { timeout: 15_000 }).toBe(503);
  expect(await statusOf('/livez')).toBe(200);
});
