// Standard clients of every sort in one lively room: all get the same in the same order, nothing twice or missing.
// Some inflate, some poll, some come late or drop and come back, and some act themselves meanwhile.
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/ops/clock.ts';
import type { ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { RoomSnapshot } from '../../src/protocol/snapshot.ts';
import { devToken } from '../support/app-client.ts';
import { ClientView } from '../support/client-view.ts';
import { parseMetrics } from '../support/metrics-page.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

type Answer =
  | { readonly ok: true; readonly data: Record<string, unknown> }
  | { readonly ok: false; readonly error: object };
type Messages = ServerEventPayload<'room:messages'>['messages'];
type Updates = ServerEventPayload<'room:events'>['updates'];

// A busy machine may take its time: even then windows of 2 s do not make many writes.
vi.setConfig({ testTimeout: 60_000 });

const ROOM = { roomId: 'lively' };
const kinds = { plain: {}, deflate: { query: { deflate: '1' } }, polling: { transports: ['polling'] } } as const;

/** One client of one user. It follows the room as the README describes: snapshot, updates, resume. */
class Follower {
  readonly socket: Socket;
  view: ClientView | null = null;
  /** Ids of chat messages in the order of arrival. Repetitions after a resume are skipped, all others are faults. */
  readonly chat: string[] = [];
  readonly faults: string[] = [];
  joins = 0;
  seatGrants = 0;

  constructor(url: string, token: string, options: object) {
    this.socket = io(url, { transports: ['websocket'], auth: { token, protocol: '1' }, forceNew: true, ...options });
    this.socket.io.reconnectionDelay(1);
    this.socket.io.reconnectionDelayMax(5);
    this.socket.on('room:events', ({ updates }: { updates: Updates }) => this.#apply(updates));
    this.socket.on('room:messages', ({ messages }: { messages: Messages }) => this.#addMessages(messages, 'live'));
    this.socket.on('room:snapshot', ({ room }: { room: RoomSnapshot }) => this.#adopt(room));
    this.socket.on('rtc:grant', ({ reason }: { reason: string }) => {
      if (reason === 'seated') this.seatGrants++;
    });
    this.socket.on('connect', () => this.#join());
  }

  /** Resolves with the answer, as soon as there is a connection. */
  ask(event: string, payload: object): Promise<Answer> {
    return new Promise((resolve) => this.socket.emit(event, payload, resolve));
  }

  /** The connection breaks without a goodbye. socket.io-client comes back by itself. */
  drop(): void {
    this.socket.io.engine.close();
  }

  #join(): void {
    const { view } = this;
    const messageId = this.chat.at(-1);
    const resume = view && { epoch: view.epoch, version: view.version, ...(messageId ? { messageId } : {}) };
    this.socket.emit('room:join', { ...ROOM, ...(resume ? { resume } : {}) }, (answer: Answer) => {
      if (!answer.ok) return void this.faults.push(JSON.stringify(answer.error));
      const { room, updates, messages } = answer.data;
      if (room) this.#adopt(room as RoomSnapshot);
      else this.#apply(updates as Updates);
      if (messages) this.#addMessages(messages as Messages, 'again');
      this.joins++;
    });
  }

  #adopt(room: RoomSnapshot): void {
    this.view = new ClientView(room);
    this.#addMessages(room.recentMessages as Messages, 'again');
  }

  #apply(updates: Updates): void {
    for (const update of updates) {
      if (!this.view) this.faults.push('an update before a snapshot');
      else if (update.version <= this.view.version) this.faults.push(`version ${update.version} a second time`);
      this.view?.take(update);
    }
  }

  #addMessages(messages: Messages, when: 'live' | 'again'): void {
    for (const message of messages) {
      if (message.kind !== 'chat') continue;
      const isKnown = this.chat.includes(message.messageId);
      if (isKnown && when === 'live') this.faults.push(`${message.messageId} a second time`);
      if (!isKnown) this.chat.push(message.messageId);
    }
  }
}

let app: TestApp;
const everybody: Follower[] = [];
beforeAll(async () => {
  // For this server everything happens twenty times as fast: the room seems very busy, and a window takes up to 2 s. So
  // broadcasts are gathered by their number and by commits, not by how fast this machine happens to be.
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() / 20,
    after: (delayMs, task) => systemClock.after(delayMs * 20, task),
  };
  app = await startTestApp({ POLLING: '1', LIMIT_HANDSHAKES_PER_SECOND: '100000' }, { clock });
});
afterAll(async () => {
  for (const { socket } of everybody) socket.disconnect();
  await app.stop();
});

async function follow(name: string, kind: keyof typeof kinds): Promise<Follower> {
  const follower = new Follower(app.url, await devToken(app.url, { userId: name }), kinds[kind]);
  everybody.push(follower);
  return follower;
}
const inRoom = (follower: Follower) => expect.poll(() => follower.joins, { timeout: 10_000 }).toBeGreaterThan(0);

test('[SYNC-1][SYNC-3][MSG-1][CONN-9] everybody gets the same in the same order, with any client and transport', async () => {
  const founder = io(app.url, {
    transports: ['websocket'],
    auth: { token: await devToken(app.url, { userId: 'owner' }), protocol: '1' },
    forceNew: true,
  });
  const created = await founder.emitWithAck('room:create', {
    ...ROOM,
    title: 'Lively',
    seatMode: 'free',
    seatCount: 20,
  });
  expect(created.ok).toBe(true);
  const sorts = ['plain', 'deflate', 'plain', 'deflate', 'polling'] as const;
  for (let index = 0; index < 60; index++) {
    await follow(`guest-${index}`, sorts[index % sorts.length] ?? 'plain');
  }
  for (const follower of everybody) await inRoom(follower);

  const answers: Promise<Answer>[] = [];
  const speakers = everybody.slice(0, 10);
  for (let round = 0; round < 40; round++) {
    for (const [index, speaker] of speakers.entries()) {
      const chat = (text: string) => speaker.ask('message:send', { ...ROOM, kind: 'chat', body: { text } });
      answers.push(chat(`${round} of ${index}: 大家好，欢迎来到语聊房！`));
      if (index === round % 10) answers.push(speaker.ask(round % 20 < 10 ? 'seat:take' : 'seat:leave', ROOM));
      if (index === 3) answers.push(speaker.ask('message:send', { ...ROOM, kind: 'reaction', body: { key: '❤' } }));
    }
    // Listeners come and go in the middle of it all.
    if (round % 4 === 1) void follow(`late-${round}`, sorts[round % sorts.length] ?? 'plain');
    for (const one of everybody.slice(20 + (round % 10), 60).filter((_, index) => index % 20 === round % 20))
      one.drop();
    await new Promise((resolve) => setImmediate(resolve));
    if (round % 3 === 0) await answers.at(-1);
  }
  // Some become staff, and get the staff's stream from then on. One is kicked.
  const staff = everybody.slice(10, 14);
  for (const [index] of staff.entries()) {
    answers.push(founder.emitWithAck('admin:add', { ...ROOM, userId: `guest-${10 + index}` }) as Promise<Answer>);
  }
  const [expelled] = everybody.splice(15, 1) as [Follower];
  const left = new Promise<{ reason: string }>((resolve) => expelled.socket.once('room:left', resolve));
  answers.push(founder.emitWithAck('member:kick', { ...ROOM, userId: 'guest-15' }) as Promise<Answer>);
  const outcomes = await Promise.all(answers);
  expect((await left).reason).toBe('kicked');
  expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
  expect((await founder.emitWithAck('room:update', { ...ROOM, title: 'Nearly over' })).ok).toBe(true);
  const last = await founder.emitWithAck('message:send', { ...ROOM, kind: 'chat', body: { text: 'the end' } });
  const lastId = (last as { data: { messageId: string } }).data.messageId;
  for (const { chat } of everybody) await expect.poll(() => chat.at(-1), { timeout: 20_000 }).toBe(lastId);

  // The speakers were there all the time: one of them serves as the reference.
  const [reference] = speakers as [Follower];
  expect(reference.chat).toHaveLength(401);
  const { data } = (await founder.emitWithAck('room:join', ROOM)) as { data: { room: RoomSnapshot } };
  const truth = new ClientView(data.room);
  for (const follower of everybody) {
    expect(follower.faults).toEqual([]);
    expect(follower.view?.gaps).toEqual([]);
    expect(follower.view?.version).toBe(truth.version);
    expect(follower.view?.view.seats).toEqual(truth.view.seats);
    const from = reference.chat.indexOf(follower.chat[0] as string);
    expect(from).toBeGreaterThanOrEqual(0);
    expect(follower.chat).toEqual(reference.chat.slice(from));
  }
  for (const speaker of speakers) expect(speaker.seatGrants).toBe(2);
  for (const one of staff) expect(one.view?.view.requests, 'staff sees the queue').toEqual([]);
  expect(expelled.faults).toEqual([]);
  // The test reached what it is for: many came back, every way of writing was used, and much was gathered.
  expect(everybody.filter(({ joins }) => joins > 1).length).toBeGreaterThan(10);
  const page = parseMetrics(await (await fetch(`${app.opsUrl}/metrics`)).text());
  const writes = (way: string) => page.get(`maiwei_fanout_writes_total{way="${way}"}`) ?? 0;
  for (const way of ['frames', 'deflated', 'packets']) expect(writes(way), way).toBeGreaterThan(50);
  const listened = everybody.reduce((sum, { chat }) => sum + chat.length, 0);
  expect(writes('frames') + writes('deflated') + writes('packets')).toBeLessThan(listened / 4.5);
  // When the room closes, everybody is told once, and then gets nothing more.
  const removals = everybody.map(
    ({ socket }) => new Promise<{ reason: string }>((resolve) => socket.once('room:left', resolve)),
  );
  await founder.emitWithAck('room:close', ROOM);
  for (const { reason } of await Promise.all(removals)) expect(reason).toBe('roomClosed');
  for (const { faults } of everybody) expect(faults).toEqual([]);
  expelled.socket.disconnect();
  founder.disconnect();
});
