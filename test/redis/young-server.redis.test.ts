// A server that begins right after its Redis did waits until those who hold rooms had the time to bring them back: it would
// take them for rooms that never were, and give their names away.
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { REASSERTION_MS } from '../../src/store/room-recovery.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let server: RedisServer;
let app: TestApp;

afterEach(async () => {
  await app?.stop();
  await server?.stop();
});

test('[SYNC-4] nobody is let in before a young Redis is old enough to miss nothing', async () => {
  server = await startRedis();
  app = await startTestApp({ REDIS_URL: server.url });
  const redis = new Redis(server.url);
  const uptimeS = Number(/^uptime_in_seconds:(\d+)/m.exec(await redis.info('server'))?.[1]);
  redis.disconnect();
  expect(uptimeS * 1_000).toBeGreaterThanOrEqual(REASSERTION_MS - 1_000);
});
