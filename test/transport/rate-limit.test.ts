// Rate limits: bursts pass, more is refused with the time to wait, floods are ended, and ended connections leave
// nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SessionId } from '../../src/protocol/ids.ts';
import type { Ack } from '../../src/protocol/socket-events.ts';
import { CommandLimits, isChat } from '../../src/transport/rate-limit.ts';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { uniqueId, userId } from '../support/stored-room.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const codesOf = (answers: readonly Ack<unknown>[]) => answers.map((answer) => (answer.ok ? 'ok' : answer.error.code));
const times = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, i) => make(i));

describe('commands of a connection', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ LIMIT_COMMANDS_PER_SECOND: '5', LIMIT_CHAT_PER_SECOND: '1' });
  });
  afterAll(() => app.stop());
  const flood = (client: AppClient, count: number) =>
    Promise.all(times(count, () => client.ask('room:leave', { roomId: 'nowhere' })));

  test('[LIMIT-1] a burst of three seconds’ worth passes, the rest is refused with the time to wait', async () => {
    const client = await connectAs(app.url, 'hasty');
    const answers = await flood(client, 20);
    expect(codesOf(answers)).toEqual([...times(15, () => 'ROOM_NOT_FOUND'), ...times(5, () => 'RATE_LIMITED')]);
    for (const answer of answers.slice(15)) {
      if (answer.ok) throw new Error('was carried out');
      expect(answer.error).toMatchObject({ retryable: true });
      expect(answer.error.retryAfterMs).toBeGreaterThan(0);
      expect(answer.error.retryAfterMs).toBeLessThanOrEqual(1_000);
    }
    await expect
      .poll(async () => (await client.refused('room:leave', { roomId: 'nowhere' })).code, { timeout: 3_000 })
      .toBe('ROOM_NOT_FOUND');
    client.close();
  });

  test('[LIMIT-1] connections count separately, and events that are no commands count as well', async () => {
    const [one, two] = [await connectAs(app.url, 'hasty'), await connectAs(app.url, 'hasty')];
    const answers = await Promise.all(times(16, () => one.ask('no:command')));
    expect(codesOf(answers).at(-1)).toBe('RATE_LIMITED');
    expect((await two.refused('room:leave', { roomId: 'nowhere' })).code).toBe('ROOM_NOT_FOUND');
    one.close();
    two.close();
  });

  test('[LIMIT-2][CONN-10] a flood ends the connection with OVERLOADED and the time to stay away', async () => {
    const client = await connectAs(app.url, 'flood');
    client.socket.io.reconnection(false);
    const ended = new Promise<string>((resolve) => client.socket.once('disconnect', resolve));
    for (let index = 0; index < 15 * 10 + 16; index++) client.socket.emit('room:leave', { roomId: 'nowhere' });
    expect(await ended).toBe('transport close');
    expect(client.payloadsOf('session:closing')).toEqual([
      { code: 'OVERLOADED', message: expect.any(String), reconnect: 'after', afterMs: expect.any(Number) },
    ]);
  });
});

test('[LIMIT-3] chat over real sockets: on two connections together, with the time to wait', async () => {
  const app = await startTestApp({ LIMIT_CHAT_PER_SECOND: '1' });
  const [one, two] = [await connectAs(app.url, 'chatty'), await connectAs(app.url, 'chatty')];
  await one.do('room:create', { roomId: 'r1', title: 'A' });
  await two.do('room:create', { roomId: 'r2', title: 'B' });
  const say = (client: AppClient, roomId: string) =>
    client.ask('message:send', { roomId, kind: 'chat', body: { text: 'hi' } });
  const codes: string[] = [];
  for (let index = 0; index < 4; index++) {
    codes.push(...codesOf([await say(one, 'r1'), await say(two, 'r2')]));
  }
  expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(5);
  expect(codes).toContain('RATE_LIMITED');
  const reaction = { roomId: 'r1', kind: 'reaction', body: { key: 'clap' } };
  expect((await one.ask('message:send', reaction)).ok).toBe(true);
  one.close();
  two.close();
  await app.stop();
});

describe('chat of a user', () => {
  const session = () => uniqueId('s') as SessionId;
  const message = (kind: string) => ({ name: 'message:send', payload: { roomId: 'r1', kind, body: {} } });
  const limits = new CommandLimits({ commandsPerSecond: 20, chatPerSecond: 1 });

  test('[LIMIT-3] five at once, then one a second; reactions and other commands do not count', async () => {
    const statuses = await Promise.all(times(7, () => limits.chat(userId('alice'), message('chat'))));
    expect(statuses.map(({ status }) => status)).toEqual([...times(5, () => 'passed'), 'limited', 'limited']);
    for (const other of [message('reaction'), { name: 'seat:take', payload: { roomId: 'r1' } }]) {
      expect((await limits.chat(userId('alice'), other)).status).toBe('passed');
    }
    expect((await limits.chat(userId('bob'), message('chat'))).status).toBe('passed');
    await expect
      .poll(async () => (await limits.chat(userId('alice'), message('gift'))).status, { timeout: 3_000 })
      .toBe('passed');
  });

  test('[LIMIT-3] chat, gifts and custom messages are chat', () => {
    expect(['chat', 'gift', 'custom', 'reaction'].filter((kind) => isChat(message(kind)))).toEqual([
      'chat',
      'gift',
      'custom',
    ]);
  });

  test('[LIMIT-1] an ended connection is forgotten: the same id would start fresh', async () => {
    const id = session();
    for (let index = 0; index < 61; index++) await limits.command(id);
    expect((await limits.command(id)).status).toBe('limited');
    await limits.forget(id);
    expect((await limits.command(id)).status).toBe('passed');
  });

  test('[LIMIT-1] a rate below one a second is one in a longer time', async () => {
    const slow = new CommandLimits({ commandsPerSecond: 0.1, chatPerSecond: 0.1 });
    const id = session();
    const verdicts = await Promise.all(times(4, () => slow.command(id)));
    expect(verdicts.map(({ status }) => status)).toEqual(['passed', 'passed', 'passed', 'limited']);
    expect(verdicts[3]).toMatchObject({ retryAfterMs: expect.toSatisfy((wait: number) => wait > 9_000) });
  });
});
