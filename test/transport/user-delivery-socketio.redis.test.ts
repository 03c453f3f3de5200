// Users on several nodes of one Redis are reached from any node and from other programs. A lost Redis does no harm.
import { Emitter } from '@socket.io/redis-emitter';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { userId } from '../support/stored-room.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const PREFIX = 'users-test';
let server: RedisServer;
let apps: TestApp[] = [];
let clients: AppClient[] = [];
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  const environment = { REDIS_URL: server.url, REDIS_PREFIX: PREFIX };
  apps = [await startTestApp(environment), await startTestApp(environment)];
  const [here, there] = apps as [TestApp, TestApp];
  clients = [
    await connectAs(here.url, 'alice'),
    await connectAs(there.url, 'alice'),
    await connectAs(here.url, 'bob'),
    await connectAs(there.url, 'carol'),
  ];
  redis = new Redis(server.url);
  redis.on('error', () => undefined);
});

afterAll(async () => {
  redis?.disconnect();
  for (const client of clients) client.close();
  for (const app of apps) await app.stop();
  await server?.stop();
});

/** How many messages of that kind each client got. */
const counts = (kind: string) =>
  clients.map((client) => client.payloadsOf('service:message').filter((message) => message.kind === kind).length);
const notice = (kind: string) => ({ kind, body: { kind } });

describe('two nodes', () => {
  test('[MSG-5] an event for a user arrives once on each of their connections; one for everyone arrives once', async () => {
    apps[0]?.serviceMessages.toUser(userId('alice'), notice('for alice'));
    apps[1]?.serviceMessages.toEveryone(notice('for all'));
    await expect.poll(() => counts('for all')).toEqual([1, 1, 1, 1]);
    await expect.poll(() => counts('for alice')).toEqual([1, 1, 0, 0]);
  });

  test('[MSG-5] another program reaches them with the emitter and the same prefix', async () => {
    const emitter = new Emitter(redis, { key: PREFIX });
    const message = { messageId: 'm1', to: 'user', kind: 'emitted', body: {}, at: 1 };
    emitter.to('user:alice').emit('service:message', message);
    emitter.emit('service:message', { ...message, kind: 'emitted to all' });
    await expect.poll(() => counts('emitted to all')).toEqual([1, 1, 1, 1]);
    expect(counts('emitted')).toEqual([1, 1, 0, 0]);
  });

  test('[MSG-5] a text that is no message of Socket.IO is skipped', async () => {
    await redis.publish(`${PREFIX}#/#user:alice#`, 'neither msgpack nor JSON');
    await redis.publish(`${PREFIX}-request#/#`, '{"type":0}');
    apps[1]?.serviceMessages.toUser(userId('alice'), notice('after nonsense'));
    await expect.poll(() => counts('after nonsense')).toEqual([1, 1, 0, 0]);
  });

  test('[MSG-1] what a room says does not take this way', async () => {
    const spy = redis.duplicate();
    const published: string[] = [];
    spy.on('pmessage', (_, channel: string) => published.push(channel));
    await spy.psubscribe(`${PREFIX}*`);
    const [alice] = clients as [AppClient];
    await alice.do('room:create', { roomId: 'r1', title: 'A' });
    const { messageId } = await alice.do('message:send', { roomId: 'r1', kind: 'chat', body: { text: 'hi' } });
    await expect.poll(() => alice.payloadsOf('room:messages')).toMatchObject([{ messages: [{ messageId }] }]);
    expect(new Set(published)).toEqual(new Set([`${PREFIX}:{r1}`]));
    spy.disconnect();
  });

  // The last one: it takes the Redis away.
  test('[MSG-5][ACK-4] with Redis gone a notice reaches this node’s users and ends no process', async () => {
    await server.stop();
    for (let index = 0; index < 3; index++) apps[0]?.serviceMessages.toEveryone(notice('alone'));
    apps[1]?.serviceMessages.toUser(userId('carol'), notice('alone'));
    await expect.poll(() => counts('alone')).toEqual([3, 0, 3, 1]);
    const answer = await clients[0]?.ask('message:send', { roomId: 'r1', kind: 'gift', body: {} });
    expect(answer).toMatchObject({ ok: false, error: { retryable: true } });
  });
});
