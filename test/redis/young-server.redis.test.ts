// A server that starts right after its Redis waits until other nodes had the time to bring their rooms back. Otherwise
// it would take those rooms for missing, and give their names away.
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

test('[SYNC-4] no user is admitted before a young Redis is old enough to have all its rooms back', async () => {
  server = await startRedis();
  app = await startTestApp({ REDIS_URL: server.url });
  const redis = new Redis(server.url);
  const uptimeS = Number(/^uptime_in_seconds:(\d+)/m.exec(await redis.info('server'))?.[1]);
  redis.disconnect();
  expect(uptimeS * 1_000).toBeGreaterThanOrEqual(REASSERTION_MS - 1_000);
});
