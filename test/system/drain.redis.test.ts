// Three real server processes are replaced one after the other, under load. No seat and no answered command is lost,
// and no member sees another one leave or join.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/ops/clock.ts';
import { connectAs } from '../support/app-client.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { TEST_SECRET } from '../support/test-app.ts';
import { Roamer } from './roamer.ts';

const SEATED = 8;
const LISTENING = 22;
const DRAIN_MS = 1_500;
const ROOM = 'rolling';
/** The pause between two commands of one user: a load, not a flood. */
const PACE_MS = 100;
/** Far above the time on a machine without other work; the figures are in the fault table (docs). */
const GAP_MAX_MS = 5_000;

let redis: RedisServer;
let nodes: ServerProcess[] = [];
let leaving: ServerProcess[] = [];

const start = () =>
  startServerProcess({
    REDIS_URL: redis.url,
    JWT_SECRET: TEST_SECRET,
    LOG_LEVEL: 'warn',
    DRAIN_MS: String(DRAIN_MS),
    LIMIT_COMMANDS_PER_SECOND: '1000',
  });

beforeEach(async () => {
  redis = await startRedis();
  nodes = await Promise.all([start(), start(), start()]);
  leaving = [];
});

afterEach(async () => {
  await Promise.all([...nodes, ...leaving].map((node) => node.process.exitCode ?? node.stop()));
  await redis?.stop();
});

const paced = () =>
  new Promise<void>((resolve) => {
    systemClock.after(PACE_MS, resolve);
  });

const urls = () => nodes.map(({ url }) => url);

interface Crowd {
  readonly people: readonly Roamer[];
  readonly owner: Roamer;
  /** Ends the load; resolves with the notices that were acknowledged. */
  readonly end: () => Promise<string[]>;
}

/** An owner who writes notices, eight users who sit and switch their microphones, and listeners. */
async function crowd(): Promise<Crowd> {
  const creator = await connectAs(urls()[0] as string, 'owner');
  await creator.do('room:create', { roomId: ROOM, title: ROOM, seatMode: 'free', seatCount: SEATED + 1 });
  creator.close();
  const names = Array.from({ length: SEATED + LISTENING }, (_, index) => `user-${index}`);
  const owner = new Roamer('owner', { roomId: ROOM, urls }, 0);
  const people = names.map((name, index) => new Roamer(name, { roomId: ROOM, urls }, index));
  await Promise.all([owner, ...people].map((one) => one.here()));
  const seated = people.slice(0, SEATED);
  await Promise.all(
    seated.map(async (one, index) => {
      one.seat = ((await one.do('seat:take', { roomId: ROOM, seat: index + 1 })) as { seat: number }).seat;
    }),
  );
  let isOver = false as boolean;
  const notices: string[] = [];
  const write = async () => {
    for (let count = 0; !isOver; count++) {
      const notice = `notice ${count}`;
      await owner.do('room:update', { roomId: ROOM, notice, commandId: `notice-${count}` });
      notices.push(notice);
      await paced();
    }
  };
  const toggle = async (one: Roamer) => {
    for (let count = 0; !isOver; count++) {
      await one.do('mic:set', { roomId: ROOM, on: count % 2 === 1, commandId: `${one.name}-${count}` });
      await paced();
    }
  };
  const load = Promise.all([write(), ...seated.map(toggle)]);
  const end = async () => {
    isOver = true;
    await load;
    return notices;
  };
  return { people: [owner, ...people], owner, end };
}

/** Every event of the room that any user received on any connection. */
const eventsOf = (people: readonly Roamer[]) =>
  people.flatMap(({ clients }) =>
    clients.flatMap((client) =>
      client.payloadsOf('room:events').flatMap(({ updates }) => updates.flatMap((one) => one.events)),
    ),
  );

describe('a rolling restart', () => {
  test('[CONN-12][PRES-1] of three nodes under load loses no seat and no answered command, and no member sees another one leave', async () => {
    const { people, end } = await crowd();
    for (let round = 0; round < 3; round++) {
      const [old] = nodes as [ServerProcess];
      const next = await start();
      leaving.push(old);
      // As with a load balancer, no new connection goes to the stopping node.
      nodes = [...nodes.slice(1), next];
      expect(await old.stop()).toBe(0);
    }
    const notices = await end();
    await Promise.all(people.map((one) => one.here()));
    const events = eventsOf(people);
    const written = new Set(
      events.flatMap((event) =>
        event.type === 'room.updated' && 'notice' in event.changes ? [event.changes.notice] : [],
      ),
    );
    expect(notices.filter((notice) => !written.has(notice))).toEqual([]);
    expect(notices.length).toBeGreaterThan(20);
    const types = new Set(events.map(({ type }) => type));
    for (const type of ['seat.away', 'seat.back', 'seat.left']) expect(types).not.toContain(type);
    expect(people.map(({ lostSeats }) => lostSeats)).toEqual(people.map(() => 0));
    expect(people.flatMap(({ reportedLeaves }) => reportedLeaves)).toEqual([]);
    const gaps = people.flatMap(({ gapsMs }) => gapsMs).sort((a, b) => a - b);
    expect(gaps.length).toBeGreaterThanOrEqual(people.length);
    expect(gaps[Math.floor(gaps.length * 0.99)]).toBeLessThan(GAP_MAX_MS);
    await Promise.all(people.map((one) => one.leave()));
  });

  test('[CONN-12][PRES-3] of which one node is killed in the middle of its drain: a kill like any other', async () => {
    const { people, end } = await crowd();
    const [old, ...rest] = nodes as [ServerProcess, ...ServerProcess[]];
    nodes = rest;
    leaving.push(old);
    const stopped = old.stop();
    const isMoving = () => people.some(({ gapsMs }) => gapsMs.length > 0);
    await expect.poll(isMoving, { interval: 20, timeout: DRAIN_MS }).toBe(true);
    old.process.kill('SIGKILL');
    expect(await stopped).toBeNull();
    await Promise.all(people.map((one) => one.here()));
    await expect.poll(() => people.every(({ clients }) => clients.at(-1)?.socket.connected)).toBe(true);
    await end();
    expect(people.map(({ lostSeats }) => lostSeats)).toEqual(people.map(() => 0));
    expect(eventsOf(people).filter(({ type }) => type === 'seat.left')).toEqual([]);
    await Promise.all(people.map((one) => one.leave()));
  });
});
