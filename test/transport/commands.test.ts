// Commands over real sockets: each gets one ack, hostile payloads have no effect, two people use a room.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { commandNames } from '../../src/protocol/commands.ts';
import { errorBodySchema } from '../../src/protocol/errors.ts';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { roomId, uniqueId } from '../support/stored-room.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let engines: Engines;
let app: TestApp;
let owner: AppClient;
let id: string;

beforeAll(async () => {
  engines = createMemoryEngines(systemClock);
  app = await startTestApp({}, { engines });
  owner = await connectAs(app.url, 'owner');
});
afterAll(async () => {
  owner.close();
  await app.stop();
});
beforeEach(async () => {
  id = uniqueId('room');
  await owner.do('room:create', { roomId: id, title: 'A', seatMode: 'free' });
});
afterEach(() => owner.ask('room:close', { roomId: id }));
const stored = async () => JSON.stringify(await engines.store.load(roomId(id)));

describe('one ack, one shape', () => {
  test('[ACK-1] success carries data, refusal carries the error object', async () => {
    expect(await owner.ask('seat:take', { roomId: id })).toEqual({ ok: true, data: { seat: 0, version: 1 } });
    const error = await owner.refused('seat:take', { roomId: id });
    expect(errorBodySchema.parse(error)).toMatchObject({ code: 'ALREADY_SEATED', retryable: false });
  });

  test('[ACK-1] a command without an ack function is carried out all the same', async () => {
    owner.socket.emit('seat:take', { roomId: id });
    await expect.poll(() => owner.payloadsOf('room:events').at(-1)?.roomId).toBe(id);
  });

  test('[CONN-7] an event that is no command is answered as well', async () => {
    for (const event of ['seat:fly', 'constructor', '__proto__', 'toString', 'room:events']) {
      expect((await owner.refused(event, { roomId: id })).code).toBe('UNKNOWN_EVENT');
    }
  });
});

describe('payloads', () => {
  const hostile: [string, unknown[]][] = [
    ['nothing', []],
    ['null', [null]],
    ['a string', ['room']],
    ['an array', [[]]],
    ['a number', [7]],
    ['two payloads', [{ roomId: 'x' }, { roomId: 'x' }]],
    ['an unknown field', [{ roomId: 'x', admin: true }]],
    ['a room id with a colon', [{ roomId: 'a:b' }]],
    ['a room id with braces', [{ roomId: '{a}' }]],
    ['a room id with a star', [{ roomId: '*' }]],
    ['an empty room id', [{ roomId: '' }]],
    ['a room id of 64 characters', [{ roomId: 'x'.repeat(64) }]],
    ['a command id with a colon', [{ roomId: 'x', commandId: 'a:b' }]],
    ['__proto__', [JSON.parse('{"roomId":"x","__proto__":{"isAdmin":true}}')]],
    ['a constructor deep inside', [JSON.parse('{"roomId":{"constructor":{"prototype":1}}}')]],
    ['deep nesting', [JSON.parse(`${'{"roomId":'.repeat(500)}1${'}'.repeat(500)}`)]],
    ['binary', [{ roomId: Buffer.from('x') }]],
  ];

  test.each(hostile)('[CONN-7] %s: BAD_REQUEST for every command, and nothing changes', async (_what, args) => {
    const before = await stored();
    for (const name of commandNames) {
      const error = await owner.refused(name, ...args);
      expect([name, error.code, typeof error.details?.field]).toEqual([name, 'BAD_REQUEST', 'string']);
    }
    expect(await stored()).toBe(before);
  });

  test.each([
    ['{"roomId":"x","__proto__":{"isAdmin":true}}', '__proto__'],
    ['{"roomId":{"constructor":1}}', 'roomId.constructor'],
    ['{"tags":[{"prototype":1}]}', 'tags.0.prototype'],
  ])('[CONN-7] %s is refused for its key, before any schema reads it', async (text, field) => {
    const error = await owner.refused('room:update', JSON.parse(text));
    expect(error.details).toEqual({ field, problem: 'this key is not allowed' });
  });

  test('[CONN-7] details name the field', async () => {
    const error = await owner.refused('room:update', { roomId: id, capacity: 0 });
    expect(error.details).toMatchObject({ field: 'capacity' });
    expect((await owner.refused('seat:take', { roomId: id, chair: 1 })).details).toMatchObject({ field: 'chair' });
  });

  test('[CONN-11] a packet over the limit ends that connection alone', async () => {
    const clumsy = await connectAs(app.url, 'clumsy');
    clumsy.socket.io.reconnection(false);
    const ended = new Promise<unknown>((resolve) =>
      clumsy.socket.once('disconnect', (_reason, description) => resolve(description)),
    );
    clumsy.socket.emit('room:create', { title: 'x'.repeat(20_000) });
    expect(await ended).toMatchObject({ context: { code: 1009 } });
    expect((await owner.ask('seat:take', { roomId: id })).ok).toBe(true);
  });
});

describe('two people', () => {
  test('[REQ-2][SEAT-6][RTC-3] ask, accept, mute, kick, as each side sees it', async () => {
    await owner.do('room:update', { roomId: id, seatMode: 'request' });
    const alice = await connectAs(app.url, 'alice', { name: '爱丽丝' });
    await alice.do('room:join', { roomId: id });
    expect((await alice.refused('seat:take', { roomId: id })).code).toBe('REQUEST_REQUIRED');
    expect(await alice.do('request:send', { roomId: id, note: '想唱歌' })).toMatchObject({ position: 1 });
    const accepted = await owner.do('request:accept', { roomId: id, userId: 'alice' });
    expect(accepted).toMatchObject({ seat: 1 });
    await owner.do('seat:mute', { roomId: id, seat: 1 });
    await owner.do('seat:kick', { roomId: id, seat: 1 });
    await expect
      .poll(() => alice.payloadsOf('rtc:grant').map(({ reason, role }) => `${reason} ${role}`))
      .toEqual(['seated publisher', 'muted subscriber']);
    await expect
      .poll(() =>
        alice
          .payloadsOf('room:events')
          .flatMap(({ updates }) => updates.flatMap(({ events }) => events.map(({ type }) => type))),
      )
      .toEqual(['requests.counted', 'seat.taken', 'requests.counted', 'seat.muted', 'seat.left']);
    alice.close();
  });

  test('[PRES-1] a dropped connection keeps the seat, and the same user gets it back on a new one', async () => {
    const alice = await connectAs(app.url, 'alice');
    await alice.do('room:join', { roomId: id });
    await alice.do('seat:take', { roomId: id, seat: 4 });
    alice.close();
    const seen = () =>
      owner
        .payloadsOf('room:events')
        .filter((one) => one.roomId === id)
        .flatMap(({ updates }) => updates.flatMap(({ events }) => events.map(({ type }) => type)));
    await expect.poll(() => seen().at(-1)).toBe('seat.away');
    expect((await owner.refused('seat:take', { roomId: id, seat: 4 })).code).toBe('SEAT_RESERVED');
    const again = await connectAs(app.url, 'alice');
    expect(await again.do('room:join', { roomId: id })).toMatchObject({
      you: { seat: 4 },
      grant: { role: 'publisher' },
    });
    await expect.poll(() => seen()).toEqual(['seat.taken', 'seat.away', 'seat.back']);
    again.close();
  });
});
