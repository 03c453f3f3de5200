// The Redis engine of the room feed keeps the contract, and reports a possible gap when its link was interrupted.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { RoomNode } from '../support/room-node.ts';
import { aStoredRoom, roomId, uniqueId } from '../support/stored-room.ts';
import { change, RecordingListener, roomFeedContract } from './room-feed.contract.ts';

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

describe('Redis engine: feed', () => roomFeedContract(() => engines));

describe('an interrupted link', () => {
  test('[F1] is a possible gap for every listener, and the feed goes on', async () => {
    let room = aStoredRoom(engines.store, roomId(uniqueId('room')));
    await engines.store.create(room, null);
    const listener = new RecordingListener();
    await engines.feed.subscribe(room.state.roomId, listener);
    await cutFeeds();
    await expect.poll(() => listener.possibleGaps, { timeout: 5_000 }).toBe(1);
    // The driver subscribes again by itself. A change that came too early for that is found by the resync.
    await expect
      .poll(
        async () => {
          room = await change(engines, room);
          return listener.versions().length;
        },
        { timeout: 5_000 },
      )
      .toBeGreaterThan(0);
  });

  test('[F2] a text that is no news is a possible gap, not the end of the process', async () => {
    const room = aStoredRoom(engines.store, roomId(uniqueId('room')));
    await engines.store.create(room, null);
    const listener = new RecordingListener();
    await engines.feed.subscribe(room.state.roomId, listener);
    await redis.publish(`mw:{${room.state.roomId}}`, 'not json');
    await expect.poll(() => listener.possibleGaps).toBe(1);
    await change(engines, room);
    await expect.poll(() => listener.versions()).toEqual([1]);
  });

  test('[PRES-4] a session that was replaced during the interruption hears that when the link is back', async () => {
    const cutOff = await redisEngines(server.url);
    const [here, there] = [new RoomNode(cutOff, systemClock), new RoomNode(engines, systemClock)];
    const id = uniqueId('room');
    await there.connect('owner').do('room:create', { roomId: id, title: 'A' });
    const alice = await here.join('alice', id);
    await cutFeeds();
    await there.join('alice', id);
    await expect
      .poll(() => alice.payloadsOf('room:left'), { timeout: 5_000 })
      .toEqual([{ roomId: id, reason: 'replaced' }]);
    await Promise.all([here.close(), there.close()]);
    cutOff.close();
  });

  test('[SYNC-1][SYNC-3][D4] missed commits are read from the log: members get every version', async () => {
    const cutOff = await redisEngines(server.url);
    const [here, there] = [new RoomNode(cutOff, systemClock), new RoomNode(engines, systemClock)];
    const id = uniqueId('room');
    const owner = there.connect('owner');
    await owner.do('room:create', { roomId: id, title: 'A' });
    const alice = await here.join('alice', id);
    await cutFeeds();
    for (const title of ['B', 'C', 'D']) await owner.do('room:update', { roomId: id, title });
    const versions = () =>
      alice.payloadsOf('room:events').flatMap(({ updates }) => updates.map(({ version }) => version));
    await expect.poll(versions, { timeout: 5_000 }).toEqual([1, 2, 3]);
    await Promise.all([here.close(), there.close()]);
    cutOff.close();
  });
});
