// The keys that a busy evening leaves in a real Redis: only kinds of redis/keys.ts, each with a TTL. The TTL is short
// once the rooms are closed. A test cannot move the clock of Redis, so the TTLs show that nothing outlives the hour.
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { LISTENER_GRACE_MS } from '../../src/rooms/membership/leave.ts';
import { CLOSED_ROOM_TTL_MS } from '../../src/store/room-store.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { RoomNode } from '../support/room-node.ts';
import { closeRoom, type Outcome, spendEvening } from './busy-rooms.ts';
import { Dice } from './dice.ts';

const HOUR_MS = 60 * 60_000;
/** Rooms that are live on no node are kept for a day and an hour. */
const LIFE_MAX_MS = 25 * HOUR_MS;
const SEED = 9;

let server: RedisServer;
let redis: Redis;
let engines: Engines[];
let nodes: RoomNode[];
let evening: Outcome;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  engines = await Promise.all([1, 2, 3].map(() => redisEngines(server.url)));
  nodes = engines.map((one) => new RoomNode(one, systemClock));
  const pause = async () => {
    for (const node of nodes) await node.service.idle();
  };
  evening = await spendEvening({ nodes, dice: new Dice(SEED), steps: 700, pause });
  await pause();
});
afterAll(async () => {
  for (const node of nodes ?? []) await node.close();
  for (const one of engines ?? []) one.close();
  redis?.disconnect();
  await server?.stop();
});

interface Kind {
  readonly type: string;
  readonly pattern: RegExp;
}

/** The kinds of keys, read from the table at the head of redis/keys.ts, where each new kind must be documented. */
function documentedKinds(): Kind[] {
  const source = readFileSync(new URL('../../src/redis/keys.ts', import.meta.url), 'utf8');
  return [...source.matchAll(/^\/\/ \| (mw:[^\s|]+) *\| (\w+) +\|/gm)].map(([, name = '', type = '']) => {
    const escaped = name.replace(/[{}]/g, '\\$&').replace(/<\w+>|(?<=\\\{)room(?=\\\})/g, '[A-Za-z0-9_-]+');
    return { type, pattern: new RegExp(`^${escaped}$`) };
  });
}

interface Key {
  readonly name: string;
  readonly type: string;
  readonly lifeMs: number;
}

async function allKeys(): Promise<Key[]> {
  const names = new Set<string>();
  for await (const batch of redis.scanStream({ count: 100 })) for (const name of batch as string[]) names.add(name);
  const describe = async (name: string) => ({ name, type: await redis.type(name), lifeMs: await redis.pttl(name) });
  return Promise.all([...names].sort().map(describe));
}

/** The keys of the evening's rooms, without the counts of wrong passwords, which have their own TTL. */
const ofRooms = (keys: readonly Key[]) => keys.filter(({ name }) => /^mw:\{evening-\d+\}:(?!tries:)/.test(name));

test('[ROOM-9] every key is of a documented kind and type, and has a TTL', async () => {
  const kinds = documentedKinds();
  expect(kinds.length).toBeGreaterThanOrEqual(8);
  const keys = await allKeys();
  expect(ofRooms(keys).length).toBeGreaterThan(30);
  expect(evening.granted.size).toBeGreaterThan(15);
  const isDocumented = ({ name, type }: Key) => kinds.some((kind) => kind.pattern.test(name) && kind.type === type);
  expect(keys.filter((key) => !isDocumented(key))).toEqual([]);
  expect(keys.filter(({ lifeMs }) => lifeMs <= 0 || lifeMs > LIFE_MAX_MS)).toEqual([]);
});

test('[ROOM-9] all keys of one room end together', async () => {
  for (const roomId of evening.roomIds) {
    const lives = (await allKeys())
      .filter(({ name }) => name.startsWith(`mw:{${roomId}}:`))
      .map(({ lifeMs }) => lifeMs);
    expect(Math.max(...lives) - Math.min(...lives)).toBeLessThan(60_000);
  }
});

test('[ROOM-9][ROOM-2] counts of wrong passwords expire half an hour after the last one', async () => {
  const [node] = nodes as [RoomNode];
  const owner = node.connect('keeper');
  await owner.do('room:create', { roomId: 'locked', title: 'Locked', password: 'secret' });
  const guesser = node.connect('guesser');
  for (let attempt = 0; attempt < 6; attempt++) await guesser.refusal('room:join', { roomId: 'locked', password: 'x' });
  expect(await guesser.refusal('room:join', { roomId: 'nowhere', password: 'x' })).toBe('ROOM_NOT_FOUND');
  const counts = (await allKeys()).filter(({ name }) => name.includes(':tries:'));
  expect(counts.map(({ name }) => name)).toEqual(['mw:{locked}:tries:guesser']);
  expect(counts.filter(({ lifeMs }) => lifeMs <= 0 || lifeMs > HOUR_MS / 2)).toEqual([]);
  await owner.do('room:close', { roomId: 'locked' });
});

test('[ROOM-9] once all rooms are closed their keys live for 10 minutes at most, also after late commands', async () => {
  for (const roomId of evening.roomIds) await closeRoom(nodes[0] as RoomNode, roomId);
  for (const node of nodes) await node.service.idle();
  const closed = ofRooms(await allKeys());
  expect(closed.length).toBeGreaterThan(30);
  expect(closed.filter(({ lifeMs }) => lifeMs > CLOSED_ROOM_TTL_MS)).toEqual([]);

  // Late commands on all nodes, and nodes that do not know yet that the room is closed.
  for (const roomId of evening.roomIds) {
    for (const node of nodes) {
      const late = node.connect('latecomer');
      expect(await late.refusal('room:join', { roomId })).toBe('ROOM_CLOSED');
      expect(await late.refusal('seat:take', { roomId, commandId: 'late' })).toBe('ROOM_CLOSED');
      expect(await late.refusal('room:leave', { roomId })).toBe('ROOM_CLOSED');
      await node.engines.store.keep(roomId);
      await late.disconnect();
    }
  }
  for (const node of nodes) await node.service.idle();
  const after = await allKeys();
  expect(ofRooms(after).map(({ name }) => name)).toEqual(closed.map(({ name }) => name));
  expect(ofRooms(after).filter(({ lifeMs }) => lifeMs > CLOSED_ROOM_TTL_MS)).toEqual([]);
});

test('[ROOM-9] no list of the server names a closed room any more', async () => {
  const membersOf = ({ name, type }: Key): Promise<string[]> => {
    if (type === 'hash') return redis.hkeys(name);
    if (type === 'zset') return redis.zrange(name, 0, '-1');
    return type === 'set' ? redis.smembers(name) : Promise.resolve([]);
  };
  const named = async () => {
    const lists = (await allKeys()).filter(({ name }) => !/^mw:\{(evening-\d+|locked)\}:/.test(name));
    const members = (await Promise.all(lists.map(membersOf))).flat();
    return members.filter((member) => evening.roomIds.some((roomId) => member.includes(roomId)));
  };
  // A node that does not know of the close yet may have announced the room once more; it corrects that later. Graces of
  // listeners keep the room among the rooms of their node until they end.
  await expect.poll(named, { timeout: 3_000 + LISTENER_GRACE_MS }).toEqual([]);
});

test('[ROOM-9] when the nodes have stopped, only the keys that lead to open rooms live longer than an hour', async () => {
  for (const node of nodes) await node.close();
  const keys = await allKeys();
  expect(keys.filter(({ lifeMs }) => lifeMs <= 0 || lifeMs > LIFE_MAX_MS)).toEqual([]);
  const others = keys.filter(({ name }) => !name.startsWith('mw:{nodes}:'));
  expect(others.filter(({ lifeMs }) => lifeMs > HOUR_MS)).toEqual([]);
});
