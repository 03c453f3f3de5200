// Three real server processes on one real Redis, one of which is killed: the others notice, and no seat is lost.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { TEST_SECRET } from '../support/test-app.ts';

const ROOMS = 20;
/** PRES-3. */
const NOTICED_WITHIN_MS = 7_000;

let redis: RedisServer;
let nodes: ServerProcess[] = [];

beforeEach(async () => {
  redis = await startRedis();
  const environment = { REDIS_URL: redis.url, JWT_SECRET: TEST_SECRET, LOG_LEVEL: 'warn', DRAIN_MS: '0' };
  nodes = await Promise.all([1, 2, 3].map(() => startServerProcess(environment)));
});

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await redis?.stop();
});

const urlOf = (index: number) => (nodes[index] as ServerProcess).url;
const typesIn = (client: AppClient, roomId: string) =>
  client
    .payloadsOf('room:events')
    .flatMap((one) =>
      one.roomId === roomId ? one.updates.flatMap(({ events }) => events.map(({ type }) => type)) : [],
    );

const aMessage = (roomId: string) => ({ roomId, kind: 'chat', body: { text: 'hello' } });

describe('kill -9 of one of three nodes', () => {
  test('[PRES-3] its members are marked away within 7 s; a member who returns elsewhere keeps the seat, and `seat.back` comes once', async () => {
    const rooms = Array.from({ length: ROOMS }, (_, index) => `room-${index}`);
    const owners = await Promise.all(
      rooms.map(async (roomId, index) => {
        const owner = await connectAs(urlOf(1 + (index % 2)), `owner-${index}`);
        await owner.do('room:create', { roomId, title: roomId, seatMode: 'free' });
        return owner;
      }),
    );
    const guests = await Promise.all(
      rooms.map(async (roomId, index) => {
        const guest = await connectAs(urlOf(0), `guest-${index}`);
        await guest.do('room:join', { roomId });
        await guest.do('seat:take', { roomId, seat: 2 });
        return guest;
      }),
    );
    const killedAt = performance.now();
    nodes[0]?.process.kill('SIGKILL');
    const isAway = () => owners.every((owner, index) => typesIn(owner, rooms[index] as string).includes('seat.away'));
    await expect.poll(isAway, { timeout: NOTICED_WITHIN_MS, interval: 50 }).toBe(true);
    expect(performance.now() - killedAt).toBeLessThan(NOTICED_WITHIN_MS);
    for (const guest of guests) guest.close();
    const back = await Promise.all(
      rooms.map(async (roomId, index) => {
        const guest = await connectAs(urlOf(2 - (index % 2)), `guest-${index}`);
        expect(await guest.do('room:join', { roomId })).toMatchObject({
          you: { seat: 2 },
          grant: { role: 'publisher' },
        });
        return guest;
      }),
    );
    for (const [index, owner] of owners.entries()) {
      await expect.poll(() => typesIn(owner, rooms[index] as string)).toEqual(['seat.taken', 'seat.away', 'seat.back']);
    }
    for (const client of [...owners, ...back]) client.close();
  });
});

describe('SIGSTOP of one of three nodes, beyond its lease', () => {
  test('[PRES-3] commands that reached it meanwhile are not carried out; its members are away, and back once it goes on', async () => {
    const roomId = 'stopped';
    const owner = await connectAs(urlOf(1), 'owner');
    await owner.do('room:create', { roomId, title: roomId, seatMode: 'free' });
    const alice = await connectAs(urlOf(0), 'alice');
    await alice.do('room:join', { roomId });
    await alice.do('seat:take', { roomId, seat: 2 });
    await expect.poll(() => typesIn(owner, roomId)).toEqual(['seat.taken']);
    const stopped = nodes[0]?.process;
    stopped?.kill('SIGSTOP');
    try {
      // The commands stay in its socket until it goes on.
      const commands = [alice.ask('seat:leave', { roomId }), alice.ask('message:send', aMessage(roomId))];
      await expect
        .poll(() => typesIn(owner, roomId), { timeout: NOTICED_WITHIN_MS })
        .toEqual(['seat.taken', 'seat.away']);
      stopped?.kill('SIGCONT');
      for (const answer of await Promise.all(commands)) {
        expect(answer).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE', retryable: true } });
      }
    } finally {
      stopped?.kill('SIGCONT');
    }
    await expect.poll(() => typesIn(owner, roomId)).toEqual(['seat.taken', 'seat.away', 'seat.back']);
    await expect.poll(() => alice.payloadsOf('room:snapshot')).toMatchObject([{ room: { roomId }, you: { seat: 2 } }]);
    expect(owner.payloadsOf('room:messages')).toEqual([]);
    expect([alice.socket.connected, alice.payloadsOf('room:left')]).toEqual([true, []]);
    await alice.do('seat:leave', { roomId });
    for (const client of [owner, alice]) client.close();
  });
});
