// Messages over real sockets: input is checked, output fits the protocol, users are reached outside of rooms.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { serverEventSchemas } from '../../src/protocol/server-events.ts';
import { roomSnapshotSchema } from '../../src/protocol/snapshot.ts';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { uniqueId, userId } from '../support/stored-room.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;
let owner: AppClient;
let alice: AppClient;
let inRoom: { roomId: string };

beforeAll(async () => {
  app = await startTestApp({}, { engines: createMemoryEngines(systemClock) });
  owner = await connectAs(app.url, 'owner');
  alice = await connectAs(app.url, 'alice', { name: '爱丽丝' });
});
afterAll(async () => {
  for (const client of [owner, alice]) client.close();
  await app.stop();
});
beforeEach(async () => {
  inRoom = { roomId: uniqueId('room') };
  await owner.do('room:create', { ...inRoom, title: 'A' });
  await alice.do('room:join', inRoom);
  // An owner has ten rooms at most.
  return async () => void (await owner.ask('room:close', inRoom));
});

const here = <Payload extends { roomId: string }>(payloads: Payload[]) =>
  payloads.filter(({ roomId }) => roomId === inRoom.roomId);

describe('messages', () => {
  test('[MSG-1][MSG-2][MSG-6] reach all, are summed and deleted, in the shapes of the protocol', async () => {
    const body = { text: '你好 👋', mentions: ['owner'] };
    const chat = await alice.do('message:send', { ...inRoom, kind: 'chat', body });
    await Promise.all(
      [1, 2, 3].map(() => alice.do('message:send', { ...inRoom, kind: 'reaction', body: { key: '❤' } })),
    );
    await alice.do('message:delete', { ...inRoom, messageId: chat.messageId });
    for (const client of [owner, alice]) {
      await expect.poll(() => here(client.payloadsOf('message:deleted'))).toHaveLength(1);
      const received = here(client.payloadsOf('room:messages'));
      for (const payload of received) serverEventSchemas['room:messages'].parse(payload);
      const [first, ...sums] = received.flatMap(({ messages }) => messages);
      expect(first).toEqual({ ...chat, kind: 'chat', from: { userId: 'alice', name: '爱丽丝', avatar: '' }, body });
      expect(sums.map((sum) => sum.kind === 'reaction' && sum.count).reduce((a, b) => Number(a) + Number(b))).toBe(3);
    }
  });

  test('[MSG-3] come with the snapshot', async () => {
    await alice.do('message:send', { ...inRoom, kind: 'chat', body: { text: 'first' } });
    const bob = await connectAs(app.url, 'bob');
    const joined = await bob.do('room:join', inRoom);
    bob.close();
    if (!('room' in joined)) throw new Error('no snapshot');
    expect(roomSnapshotSchema.parse(joined.room).recentMessages).toMatchObject([{ body: { text: 'first' } }]);
  });

  const unfit: [string, Record<string, unknown>, string][] = [
    ['an unknown kind', { kind: 'shout', body: {} }, 'kind'],
    ['no kind', { body: {} }, 'kind'],
    ['an empty text', { kind: 'chat', body: { text: '' } }, 'body.text'],
    ['white space', { kind: 'chat', body: { text: ' \n　' } }, 'body.text'],
    ['a long text', { kind: 'chat', body: { text: 'x'.repeat(501) } }, 'body.text'],
    ['an unknown field', { kind: 'chat', body: { text: 'x', html: '<b>' } }, 'body.html'],
    ['eleven mentions', { kind: 'chat', body: { text: 'x', mentions: Array(11).fill('a') } }, 'body.mentions'],
    ['a mention of nobody', { kind: 'chat', body: { text: 'x', mentions: ['a b'] } }, 'body.mentions.0'],
    ['a long key', { kind: 'reaction', body: { key: 'x'.repeat(33) } }, 'body.key'],
    ['51 taps', { kind: 'reaction', body: { key: 'x', count: 51 } }, 'body.count'],
    ['half a tap', { kind: 'reaction', body: { key: 'x', count: 0.5 } }, 'body.count'],
    ['a gift that is a list', { kind: 'gift', body: [] }, 'body'],
    ['a gift that is nothing', { kind: 'gift', body: null }, 'body'],
    ['bytes', { kind: 'gift', body: { image: Buffer.from('png') } }, 'body.image'],
    ['nothing but bytes', { kind: 'custom', body: new Uint8Array(3) }, 'body'],
    [
      'a depth of nine',
      { kind: 'gift', body: { a: { b: { c: { d: { e: { f: { g: {} } } } } } } } },
      'body.a.b.c.d.e.f.g',
    ],
  ];
  test.each(unfit)('[MSG-1][CONN-7] %s does not fit', async (_, payload, field) => {
    const error = await alice.refused('message:send', { ...inRoom, ...payload });
    expect(error).toMatchObject({ code: 'BAD_REQUEST', details: { field } });
    expect(here(owner.payloadsOf('room:messages'))).toEqual([]);
  });

  test('[MSG-1] the longest text and 2 KiB fit, in any script', async () => {
    for (const text of ['x'.repeat(500), '麦'.repeat(500), '😀'.repeat(250), '\ud800']) {
      await alice.do('message:send', { ...inRoom, kind: 'chat', body: { text } });
    }
    const error = await alice.refused('message:send', { ...inRoom, kind: 'gift', body: { a: 'x'.repeat(2048) } });
    expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', retryable: false, details: { limit: 2048 } });
  });
});

describe('signals', () => {
  test('[MSG-4] carry any JSON to one member; no data and bytes do not fit', async () => {
    for (const data of [{ candidate: [1, 2] }, 'offer', 0, false, null]) {
      await alice.do('signal:send', { ...inRoom, to: 'owner', data });
      await expect.poll(() => here(owner.payloadsOf('signal')).at(-1)).toEqual({ ...inRoom, from: 'alice', data });
    }
    expect(here(alice.payloadsOf('signal'))).toEqual([]);
    for (const data of [undefined, Buffer.from('x')]) {
      expect((await alice.refused('signal:send', { ...inRoom, to: 'owner', data })).code).toBe('BAD_REQUEST');
    }
  });
});

describe('users', () => {
  test('[MSG-5] a service reaches all connections of one user, or everyone', async () => {
    const phone = await connectAs(app.url, 'alice');
    const notice = { kind: 'balance', body: { coins: 12 } };
    const toAlice = app.serviceMessages.toUser(userId('alice'), notice);
    const toAll = app.serviceMessages.toEveryone({ kind: 'news', body: {} });
    if (!toAlice.ok || !toAll.ok) throw new Error('a notice was refused');
    const [forAlice, forAll] = [
      { ...notice, ...toAlice.data, to: 'user' },
      { kind: 'news', body: {}, ...toAll.data, to: 'everyone' },
    ];
    for (const client of [alice, phone]) {
      await expect.poll(() => client.payloadsOf('service:message')).toEqual([forAlice, forAll]);
    }
    await expect.poll(() => owner.payloadsOf('service:message')).toEqual([forAll]);
    serverEventSchemas['service:message'].parse(forAlice);
    phone.close();
    expect(app.serviceMessages.toUser(userId('alice'), { kind: 'x', body: { a: 'x'.repeat(2048) } })).toMatchObject({
      rejection: { code: 'PAYLOAD_TOO_LARGE' },
    });
  });
});
