// The Redis feed keeps the contract; and says so when its link was interrupted.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { RoomNode } from '../support/room-node.ts';
import { aStoredRoom, roomId, uniqueId } from '../support/stored-room.ts';
import { change, Ear, fanoutContract } from './room-feed.contract.ts';

let server: RedisServer;
let engines: Engines;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  engines = await redisEngines(server.url);
  redis = new Redis(server.url);
});

afterAll(async () => {
  redis?.disconnect();
  engines?.close();
  await server?.stop();
});

const cutFeeds = () => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');

describe('Redis engine: feed', () => fanoutContract(() => engines));

describe('an interrupted link', () => {
  test('[F1] is a doubt for every listener, and the feed goes on', async () => {
    let room = aStoredRoom(engines.store, roomId(uniqueId('room')));
    await engines.store.create(room, null);
    const ear = new Ear();
    await engines.feed.subscribe(room.state.roomId, ear);
    await cutFeeds();
    await expect.poll(() => ear.doubts, { timeout: 5_000 }).toBe(1);
    // The driver subscribes anew by itself; a change that came too early for that is found by the doubt.
    await expect
      .poll(
        async () => {
          room = await change(engines, room);
          return ear.versions().length;
        },
        { timeout: 5_000 },
      )
      .toBeGreaterThan(0);
  });

  test('[F2] a message that is none is a doubt, not the end of the process', async () => {
    const room = aStoredRoom(engines.store, roomId(uniqueId('room')));
    await engines.store.create(room, null);
    const ear = new Ear();
    await engines.feed.subscribe(room.state.roomId, ear);
    await redis.publish(`mw:{${room.state.roomId}}`, 'not json');
    await expect.poll(() => ear.doubts).toBe(1);
    await change(engines, room);
    await expect.poll(() => ear.versions()).toEqual([1]);
  });

  test('[PRES-4] a session that was replaced unheard is told so when the link is back', async () => {
    const deaf = await redisEngines(server.url);
    const [here, there] = [new RoomNode(deaf, systemClock), new RoomNode(engines, systemClock)];
    const id = uniqueId('room');
    await there.connect('owner').do('room:create', { roomId: id, title: 'A' });
    const alice = await here.join('alice', id);
    await cutFeeds();
    await there.join('alice', id);
    await expect
      .poll(() => alice.heardOf('room:left'), { timeout: 5_000 })
      .toEqual([{ roomId: id, reason: 'replaced' }]);
    await Promise.all([here.close(), there.close()]);
    deaf.close();
  });

  test('[SYNC-1][SYNC-3][D4] what was missed meanwhile is read from the log: members hear every version', async () => {
    const deaf = await redisEngines(server.url);
    const [here, there] = [new RoomNode(deaf, systemClock), new RoomNode(engines, systemClock)];
    const id = uniqueId('room');
    const owner = there.connect('owner');
    await owner.do('room:create', { roomId: id, title: 'A' });
    const alice = await here.join('alice', id);
    await cutFeeds();
    for (const title of ['B', 'C', 'D']) await owner.do('room:update', { roomId: id, title });
    const versions = () => alice.heardOf('room:events').flatMap(({ updates }) => updates.map(({ version }) => version));
    await expect.poll(versions, { timeout: 5_000 }).toEqual([1, 2, 3]);
    await Promise.all([here.close(), there.close()]);
    deaf.close();
  });
});
