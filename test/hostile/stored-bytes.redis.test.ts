// The same hostile input against rooms on a real redis-server: none of their keys changes, and no key appears.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { commandNames, commandSchemas } from '../../src/protocol/commands.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { kinds } from './defects.ts';
import { exampleOf } from './examples.ts';
import { Scene, unlimited } from './scene.ts';

let server: RedisServer;
let engines: Engines;
let redis: Redis;
let app: TestApp;
let scene: Scene;

beforeAll(async () => {
  server = await startRedis();
  engines = await redisEngines(server.url);
  redis = new Redis(server.url);
  app = await startTestApp(unlimited, { engines });
  scene = await Scene.build(app);
  await app.rooms.idle();
});
afterAll(async () => {
  scene?.close();
  await app?.stop();
  engines?.close();
  redis?.disconnect();
  await server?.stop();
});

/** Every key of rooms with its serialised value; the keys of nodes and of the directory change with time. */
async function stored(): Promise<Record<string, string>> {
  const keys = (await redis.keys('*')).filter((key) => !/\{(directory|nodes)\}/.test(key)).sort();
  const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return Object.fromEntries(keys.map((key, index) => [key, values[index]?.toString('hex') ?? '']));
}

/** Every seventh case of each kind is tried; the test on the memory engine tries them all. */
const EVERY = 7;

test('[CONN-7] a sample of every defect of every command leaves Redis as it was, to the byte', async () => {
  const before = await stored();
  expect(Object.keys(before).length).toBeGreaterThan(5);
  const { owner } = scene.clients;
  const wrong: string[] = [];
  for (const name of commandNames) {
    const { payload, room } = exampleOf(name);
    const example = room === 'none' ? payload : { roomId: scene.roomId, ...payload };
    const specimen = { schema: commandSchemas[name], payload: example };
    const cases = Object.values(kinds).flatMap((casesOf) =>
      casesOf(specimen).filter((_, index) => index % EVERY === 0),
    );
    const answers = await Promise.all(cases.map((one) => owner.ask(name, one.payload)));
    const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.error.code));
    for (const [index, code] of codes.entries()) {
      if (code !== 'BAD_REQUEST') wrong.push(`${name}: ${cases[index]?.what}: ${code}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(await stored()).toEqual(before);
});

test('[ROLE-1] strangers and members without the right leave Redis as it was, to the byte', async () => {
  const before = await stored();
  const { stranger, member } = scene.clients;
  for (const name of commandNames) {
    const { payload, room, may } = exampleOf(name);
    if (room === 'none' || name === 'room:join') continue;
    const commandId = `hostile-${name.replace(':', '-')}`;
    const inRoom = { ...payload, roomId: scene.roomId, commandId };
    expect([name, (await stranger.refused(name, inRoom)).code]).toEqual([name, 'NOT_A_MEMBER']);
    const { code } = await stranger.refused(name, { ...inRoom, roomId: 'nowhere' });
    expect([name, code]).toEqual([name, 'ROOM_NOT_FOUND']);
    if (may) expect([name, (await member.refused(name, inRoom)).code]).toEqual([name, 'FORBIDDEN']);
  }
  expect(await stored()).toEqual(before);
});
