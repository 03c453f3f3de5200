// Two builds on one Redis: three servers are replaced one by one by the next version and back, while members sit and
// switch their microphones. Nothing acknowledged is lost, older servers revert nothing, and no server logs an error.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommitRecord } from '../../src/store/room-store.ts';
import { connectAs } from '../support/app-client.ts';
import { toView } from '../support/client-view.ts';
import { buildNext, type NextBuild } from '../support/next-build.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type Program, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { TEST_SECRET } from '../support/test-app.ts';
import { Sitter } from './sitter.ts';

const ROOM = { roomId: 'rolling' };
const SLOTS = [0, 1, 2] as const;

let redis: RedisServer;
let listener: Redis;
let next: NextBuild;
/** All servers that were started, and those that serve now. */
const started: ServerProcess[] = [];
const serving: ServerProcess[] = [];
const records: CommitRecord[] = [];

beforeAll(async () => {
  redis = await startRedis();
  listener = new Redis(redis.url);
  await listener.psubscribe('*');
  listener.on('pmessage', (_pattern: string, _channel: string, text: string) => {
    if (text.startsWith('{"kind":"commit"')) records.push((JSON.parse(text) as { record: CommitRecord }).record);
  });
  next = await buildNext();
  await Promise.all(SLOTS.map((slot) => replace(slot)));
});
afterAll(async () => {
  await Promise.all(serving.map((server) => server.stop()));
  listener?.disconnect();
  await redis?.stop();
  await next?.remove();
});

/** Starts a server of that build in the slot, then stops the previous one. */
async function replace(slot: number, program?: Program): Promise<void> {
  const old = serving[slot];
  const environment = { REDIS_URL: redis.url, JWT_SECRET: TEST_SECRET, LOG_LEVEL: 'warn', DRAIN_MS: '200' };
  const server = await startServerProcess({ ...environment, LIMIT_COMMANDS_PER_SECOND: '1000' }, program);
  started.push(server);
  serving[slot] = server;
  if (old) expect(await old.stop()).toBe(0);
}

const urlOf = (slot: number) => (serving[slot % SLOTS.length] as ServerProcess).url;
const eventsOf = (type: string) =>
  records.flatMap(({ events }) => events.filter((event) => (event.type as string) === type));

type Blessed = { readonly seat: number; readonly blessings?: number };
/** Seats as a client of this version sees them. It does not know the new event, so that field may be old. */
const known = (view: ReturnType<typeof toView>) => ({
  ...view,
  seats: view.seats.map((seat) => ({ ...seat, blessings: undefined })),
});

test('[SYNC-2][SYNC-3][ACK-2][SEAT-1] a rolling update and back under load loses nothing, and no member sees a wrong room', async () => {
  const creator = await connectAs(urlOf(0), 'creator');
  await creator.do('room:create', { ...ROOM, title: 'Rolling', seatMode: 'free' });
  const sitters = Array.from(
    { length: 6 },
    (_, index) => new Sitter(`sitter-${index}`, { ...ROOM, url: () => urlOf(index) }),
  );
  for (const [index, sitter] of sitters.entries()) await sitter.insist('seat:take', { seat: index + 1 });

  let isOver = false;
  const lives = Promise.all(sitters.map((sitter) => sitter.live(() => isOver)));
  const eventsOfBoth = () => eventsOf('seat.blessed').length;
  for (const slot of SLOTS) await replace(slot, next.program);
  const whileNew = eventsOfBoth();
  for (const slot of SLOTS) await replace(slot);
  isOver = true;
  await lives;
  for (const sitter of sitters) await sitter.beThere();

  const witness = await connectAs(urlOf(0), 'witness');
  const joined = await witness.do('room:join', ROOM);
  if (!('room' in joined) || !joined.room) throw new Error('a fresh join without a snapshot');
  const { room } = joined;
  expect(whileNew).toBeGreaterThan(20);
  // One history without a hole, in which every acknowledged switch is found once.
  expect(records.map(({ version }) => version)).toEqual(Array.from({ length: room.version }, (_, index) => index + 1));
  for (const { userId, switched } of sitters) {
    expect(eventsOf('mic.changed').filter((event) => 'userId' in event && event.userId === userId)).toHaveLength(
      switched,
    );
  }
  // All users on their seats, and every blessing is there, although older servers wrote the seats in between and after.
  expect(room.seats.slice(1, 7).map(({ occupant }) => occupant?.userId)).toEqual(sitters.map(({ userId }) => userId));
  expect(eventsOf('seat.left')).toEqual([]);
  const blessings = (seat: number) =>
    eventsOf('seat.blessed').filter((event) => 'seat' in event && event.seat === seat).length;
  for (const { seat, blessings: kept = 0 } of room.seats as readonly Blessed[]) expect(kept).toBe(blessings(seat));
  // Each view, folded from the updates, equals a new snapshot.
  for (const sitter of sitters) {
    await expect.poll(() => sitter.view.version, { timeout: 5_000 }).toBe(room.version);
    expect(known(sitter.view.view)).toEqual(known(toView(room)));
    expect(sitter.view.gaps).toEqual([]);
  }
  const complaints = started.flatMap((server) => server.output().match(/^.*"level":[5-9]\d.*$/gm) ?? []);
  expect(complaints).toEqual([]);
  for (const client of [...sitters, witness, creator]) client.close();
});
