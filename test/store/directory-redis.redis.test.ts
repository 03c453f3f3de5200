// The Redis engine of the directory keeps its contract. Besides: keys, TTLs, how much a page reads, stale entries.
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { createKeys, DIRECTORY_TTL_MS } from '../../src/redis/keys.ts';
import { DIRECTORY_ENTRY_TTL_MS, type DirectoryQuery, OWNERSHIP_TTL_MS } from '../../src/store/directory-store.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { roomId, userId } from '../support/stored-room.ts';
import { anEntry, directoryStoreContract, pagesOf } from './directory-store.contract.ts';

let server: RedisServer;
let engines: Engines;
let redis: Redis;
const keys = createKeys('mw');
const newest: DirectoryQuery = { sort: 'new', category: null, cursor: null, limit: 20 };

beforeAll(async () => {
  server = await startRedis();
  engines = await redisEngines(server.url);
  redis = new Redis(server.url);
});
beforeEach(() => redis.flushall());
afterEach(() => redis.config('RESETSTAT'));
afterAll(async () => {
  redis?.disconnect();
  engines?.close();
  await server?.stop();
});

describe('Redis engine: directory', () => directoryStoreContract(async () => engines));

/** Makes a listed room look as if no node had announced it for too long. */
async function age(id: string): Promise<void> {
  const [entries = '', announced = ''] = keys.directory;
  const past = engines.store.now() - DIRECTORY_ENTRY_TTL_MS - 1_000;
  const line = (await redis.hget(entries, id)) as string;
  await redis.hset(entries, id, line.replace(/^\d+/, String(past)));
  await redis.zadd(announced, past, id);
}

test('[ROOM-9] every key is in one slot, has a TTL, and has no text of a category in its name', async () => {
  await engines.directory.announce(anEntry('r1', { category: '音乐' }));
  await engines.directory.announce(anEntry('r2', { category: 'game' }));
  await engines.directory.claim(userId('alice'), roomId('r3'));
  const life = (key: string) => (key.includes(':owned:') ? OWNERSHIP_TTL_MS : DIRECTORY_TTL_MS);
  const all = await redis.keys('*');
  expect(all).toHaveLength(10);
  for (const key of all) {
    expect(key).toMatch(/^mw:\{directory\}:[A-Za-z0-9_:-]+$/);
    expect(key).not.toContain('game');
    expect(await redis.pttl(key)).toBeGreaterThan(life(key) - 60_000);
    expect(await redis.pttl(key)).toBeLessThanOrEqual(life(key));
  }
});

test('[ROOM-8] nothing is left of removed rooms', async () => {
  await engines.directory.announce(anEntry('r1', { category: '音乐' }));
  await engines.directory.announce(anEntry('r1', { category: 'game', audienceCount: 3 }));
  await engines.directory.remove(roomId('r1'));
  await engines.directory.disown(userId('owner'), roomId('r1'));
  expect(await redis.keys('*')).toEqual([]);
});

test('[ROOM-8] rooms that no node announces any more are not listed, and are forgotten', async () => {
  const { directory } = engines;
  for (let index = 0; index < 400; index++) {
    await directory.announce(anEntry(`r${index}`, { createdAt: index, category: 'game' }));
  }
  for (let index = 100; index < 400; index++) await age(`r${index}`);
  const page = await directory.list({ ...newest, category: 'game' });
  expect(page.rooms.map((room) => room.roomId)).toEqual(Array.from({ length: 20 }, (_, index) => `r${99 - index}`));
  await directory.list(newest);
  expect(await redis.hlen(keys.directory[0] as string)).toBe(100);
  for (const sort of ['new', 'audience'] as const)
    expect(await redis.zcard(keys.directoryIndex(sort, 'all'))).toBe(100);
});

test('[ROOM-8] a stale room is listed again when it is announced again', async () => {
  const { directory } = engines;
  await directory.announce(anEntry('r1'));
  await age('r1');
  expect(await pagesOf(directory, newest)).toEqual([[]]);
  await directory.announce(anEntry('r1'));
  expect(await pagesOf(directory, newest)).toEqual([['r1']]);
});

test('[ROOM-8] a page reads only what it returns, however many rooms there are', async () => {
  const { directory } = engines;
  const announce = (index: number) => directory.announce(anEntry(`r${index}`, { createdAt: index, audienceCount: 1 }));
  for (let from = 0; from < 3_000; from += 300) {
    await Promise.all(Array.from({ length: 300 }, (_, index) => announce(from + index)));
  }
  const first = await directory.list({ ...newest, sort: 'audience' });
  await redis.config('RESETSTAT');
  await directory.list({ ...newest, sort: 'audience', cursor: first.cursor });
  const reads = /cmdstat_hget:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1];
  expect(Number(reads)).toBeLessThanOrEqual(21);
});

test('[ROOM-1] a claim that was not repeated within the lifetime of an idle room is forgotten', async () => {
  const alice = userId('alice');
  await engines.directory.claim(alice, roomId('old'));
  await redis.zadd(keys.owned(alice), engines.store.now() - OWNERSHIP_TTL_MS - 1_000, 'old');
  await engines.directory.claim(alice, roomId('new'));
  expect(await engines.directory.ownedBy(alice)).toEqual(['new']);
});
