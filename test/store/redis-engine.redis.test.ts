// The Redis engine keeps the contracts. Besides: keys, their TTLs, the driver's failures.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { createKeys } from '../../src/redis/keys.ts';
import type { MemberRecord } from '../../src/store/presence-store.ts';
import { CLOSED_ROOM_TTL_MS, IDLE_ROOM_TTL_MS } from '../../src/store/room-store.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { aCommit, aJoining, aStoredRoom, joined, roomId, seatTaken, titled, uniqueId } from '../support/stored-room.ts';
import { chatCapContract } from './chat-cap.contract.ts';
import { latenessContract } from './lateness.contract.ts';
import { messageStoreContract } from './message-store.contract.ts';
import { presenceCrowdContract } from './presence-crowd.contract.ts';
import { presencePagesContract, walk } from './presence-pages.contract.ts';
import { presenceStoreContract } from './presence-store.contract.ts';
import { roomStoreContract } from './room-store.contract.ts';

let server: RedisServer;
let engines: Engines;
let redis: Redis;
const others: Engines[] = [];

beforeAll(async () => {
  server = await startRedis();
  engines = await redisEngines(server.url);
  redis = new Redis(server.url);
});

afterAll(async () => {
  redis?.disconnect();
  for (const one of [engines, ...others]) one?.close();
  await server?.stop();
});

describe('Redis engine: room store', () =>
  roomStoreContract(
    () => engines,
    async () => undefined,
  ));
describe('Redis engine: presence store', () => presenceStoreContract(() => engines));
describe('Redis engine: a crowd of joins and leaves', () => presenceCrowdContract(() => engines));
describe('Redis engine: stale writes', () => latenessContract(() => engines));
describe('Redis engine: message store', () => messageStoreContract(() => engines));
describe('Redis engine: the cap on chat', () => chatCapContract(() => engines));
describe('Redis engine: pages of members', () => {
  presencePagesContract(() => engines);

  describe('of a hash that comes in one piece', () => {
    beforeAll(() => redis.config('SET', 'hash-max-listpack-value', '4096', 'hash-max-listpack-entries', '512'));
    afterAll(() => redis.config('SET', 'hash-max-listpack-value', '64', 'hash-max-listpack-entries', '128'));
    presencePagesContract(() => engines);
  });

  test('[PRES-5] 10,000 members, while others join and leave', async () => {
    const { store, presence } = engines;
    const id = roomId(uniqueId('room'));
    await store.create(aStoredRoom(store, id), null);
    const enter = (names: readonly string[]) => Promise.all(names.map((name) => joined(presence, id, aJoining(name))));
    const staying = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);
    for (let from = 0; from < staying.length; from += 500) await enter(staying.slice(from, from + 500));
    expect((await walk(engines, id, { limit: 200 })).sort()).toEqual([...staying].sort());

    const passing: MemberRecord[] = [];
    const between = async (page: number) => {
      for (const one of passing.splice(0, 30)) await presence.leave(id, one);
      passing.push(...(await enter(Array.from({ length: 60 }, (_, index) => `new-${page}-${index}`))));
    };
    const seen = new Set<string>(await walk(engines, id, { limit: 120, between }));
    expect(staying.filter((name) => !seen.has(name))).toEqual([]);
  });
});
describe('Redis engine: joins and leaves', () => {
  test('[PRES-5] a hundred joins at once are a few scripts, and as many news', async () => {
    const id = roomId(uniqueId('room'));
    await engines.store.create(aStoredRoom(engines.store, id), null);
    let received = 0;
    const unsubscribe = await engines.feed.subscribe(id, { onNews: () => received++, onPossibleGap: () => undefined });
    const calls = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
    await joined(engines.presence, id, aJoining('first'));
    const before = await calls();
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => joined(engines.presence, id, aJoining(`user-${index}`))),
    );
    expect((await calls()) - before).toBe(3);
    await expect.poll(() => received).toBe(4);
    await unsubscribe();
  });
});

describe('Redis engine: keys', () => {
  const keys = createKeys('mw');

  test('[ROOM-9] a room has all its keys from the start, in one slot and with a TTL', async () => {
    const id = roomId(uniqueId('room'));
    await engines.store.create(aStoredRoom(engines.store, id), null);
    for (const key of keys.room(id)) {
      expect(key).toContain(`{${id}}`);
      expect(await redis.pttl(key)).toBeGreaterThan(IDLE_ROOM_TTL_MS - 60_000);
    }
  });

  test('[ROOM-9] collections never become empty keys, and every key outlives its room by at most 10 minutes', async () => {
    const { store, presence } = engines;
    const id = roomId(uniqueId('room'));
    const room = aStoredRoom(store, id);
    await store.create(room, null);
    const alice = await joined(presence, id, aJoining('alice'));
    const taken = aCommit(store, room, { events: [seatTaken(alice, 1, store.now())] });
    await store.commit(taken);
    const after = taken.change?.after ?? room;
    const left = { type: 'seat.left' as const, by: 'alice', at: store.now(), seat: 1, userId: alice.userId };
    const freed = aCommit(store, after, { events: [{ ...left, reason: 'left' }], removals: [alice] });
    await store.commit(freed);
    expect(await redis.exists(...keys.room(id))).toBe(keys.room(id).length);
    const closed = { type: 'room.closed' as const, by: 'owner', at: store.now(), reason: 'over' };
    await store.commit(aCommit(store, freed.change?.after ?? after, { events: [closed] }));
    expect(await redis.exists(...keys.room(id))).toBe(keys.room(id).length);
    for (const key of keys.room(id)) expect(await redis.pttl(key)).toBeLessThanOrEqual(CLOSED_ROOM_TTL_MS);
    await store.keep(id);
    for (const key of keys.room(id)) expect(await redis.pttl(key)).toBeLessThanOrEqual(CLOSED_ROOM_TTL_MS);
  });

  test('[D2] a commit writes only the sections that changed and keeps what it does not know', async () => {
    const { store } = engines;
    const id = roomId(uniqueId('room'));
    const room = aStoredRoom(store, id);
    await store.create(room, null);
    const stage = keys.room(id)[0] as string;
    await redis.hset(stage, 'futureSection', '{"a":1}', 'seats', '"untouched by this commit"');
    await store.commit(aCommit(store, room, { events: [titled('x', store.now())] }));
    expect(await redis.hmget(stage, 'futureSection', 'seats', 'version')).toEqual([
      '{"a":1}',
      '"untouched by this commit"',
      '1',
    ]);
  });

  test('[D2] fields of a newer server inside a section survive a commit of this one', async () => {
    const { store } = engines;
    const id = roomId(uniqueId('room'));
    await store.create(aStoredRoom(store, id), null);
    const stage = keys.room(id)[0] as string;
    const settings = JSON.parse((await redis.hget(stage, 'settings')) as string);
    await redis.hset(stage, 'settings', JSON.stringify({ ...settings, futureField: 42 }), 'schema', '9');
    const loaded = await store.load(id);
    if (!loaded) throw new Error('the room is gone');
    await store.commit(aCommit(store, loaded, { events: [titled('x', store.now())] }));
    expect(JSON.parse((await redis.hget(stage, 'settings')) as string)).toMatchObject({ title: 'x', futureField: 42 });
    expect(await redis.hget(stage, 'schema')).toBe('9');
  });

  test('[ACK-2] remembered answers are pruned by store time', async () => {
    const { store } = engines;
    const id = roomId(uniqueId('room'));
    const room = aStoredRoom(store, id);
    await store.create(room, null);
    const done = keys.room(id)[5] as string;
    const old = store.now() - 2 * 60_000 - 1;
    await redis.hset(done, 'alice:old', `${old}|seat:take|{}`);
    const oldKey = { userId: 'alice', commandId: 'old' };
    const commit = aCommit(store, room, {
      events: [titled('x', store.now())],
      commandKeys: [oldKey],
      answers: [{ userId: 'bob', commandId: 'new', command: 'room:update', answer: '{}' }],
    });
    expect((await store.commit(commit)).status).toBe('committed');
    expect(Object.keys(await redis.hgetall(done)).sort()).toEqual([':', 'bob:new']);
  });
});

describe('Redis engine: failures', () => {
  test('[ACK-4] a dead store is unavailable at once, not after a wait', async () => {
    const own = await startRedis();
    const lost = await redisEngines(own.url);
    others.push(lost);
    await own.stop();
    await expect.poll(() => lost.isHealthy()).toBe(false);
    await expect(lost.store.load(roomId('r1'))).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(lost.presence.find(roomId('r1'), [aJoining('a').userId])).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
  });

  test('[ACK-4] a Redis that refuses writes for now is unavailable, not broken', async () => {
    const id = roomId(uniqueId('room'));
    const room = aStoredRoom(engines.store, id);
    await engines.store.create(room, null);
    await redis.config('SET', 'min-replicas-to-write', '1');
    const commit = engines.store.commit(aCommit(engines.store, room, { events: [titled('x', engines.store.now())] }));
    await expect(commit).rejects.toBeInstanceOf(StoreUnavailableError);
    await redis.config('SET', 'min-replicas-to-write', '0');
  });

  test('a Redis that evicts is refused at start', async () => {
    const evicting = await startRedis('--maxmemory-policy', 'allkeys-lru');
    await expect(redisEngines(evicting.url)).rejects.toThrow(/maxmemory-policy allkeys-lru/);
    await evicting.stop();
  });
});
