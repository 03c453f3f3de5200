// A server that took over from another may lack data of that one. The old server may still live, cut off from the rest
// of its Cluster. So the room looks as if it had been moved, but it was not.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { systemRandom } from '../../src/ops/random.ts';
import { connectRedis } from '../../src/redis/client.ts';
import { createKeys } from '../../src/redis/keys.ts';
import { RedisScripts } from '../../src/redis/scripts.ts';
import { StoreClock } from '../../src/redis/store-clock.ts';
import { redisRoomRecovery } from '../../src/store/redis/room-recovery-redis.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { aStoredRoom, roomId, uniqueId } from '../support/stored-room.ts';

let server: RedisServer;
let redis: Redis;
let engines: Engines;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  engines = await redisEngines(server.url);
});
afterAll(async () => {
  engines?.close();
  redis?.disconnect();
  await server?.stop();
});

test('[SYNC-4] its rooms wait for offers, because the old server may have known more', async () => {
  const id = roomId(uniqueId('room'));
  await engines.store.create(aStoredRoom(engines.store, id), null);
  const before = (await engines.liveReplicationIds()) as Set<string>;
  await redis.replicaof('127.0.0.1', 1);
  await redis.replicaof('NO', 'ONE');
  const ambient = { clock: systemClock, random: systemRandom, logger: createLogger('silent') };
  const keys = createKeys('mw');
  const connections = await connectRedis(
    { kind: 'standalone', url: server.url },
    { ambient, probeChannel: keys.probe },
  );
  try {
    const clock = new StoreClock(systemClock);
    const recovery = redisRoomRecovery({
      scripts: new RedisScripts({ links: connections.commands, clock, publish: 'PUBLISH' }),
      keys,
      liveReplicationIds: async () => before,
      random: systemRandom,
    });
    expect((await recovery.recover(id, null)).status).toBe('recovering');
  } finally {
    connections.close();
  }
});
