// Three real server processes on one real Redis, with ordinary clients on each: they behave as one server.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RoomSnapshot } from '../../src/protocol/snapshot.ts';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { ClientView, toView } from '../support/client-view.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { TEST_SECRET } from '../support/test-app.ts';

const USERS = 100;
const SEATS = 8;
const ROUNDS = 25;

let redis: RedisServer;
let nodes: ServerProcess[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const environment = {
    REDIS_URL: redis.url,
    JWT_SECRET: TEST_SECRET,
    LOG_LEVEL: 'warn',
    LIMIT_COMMANDS_PER_SECOND: '1000',
    LIMIT_CHAT_PER_SECOND: '1000',
    DRAIN_MS: '0',
  };
  nodes = await Promise.all([1, 2, 3].map(() => startServerProcess(environment)));
});

afterAll(async () => {
  expect(await Promise.all(nodes.map((node) => node.stop()))).toEqual([0, 0, 0]);
  await redis?.stop();
});

const urlOf = (index: number) => (nodes[index % nodes.length] as ServerProcess).url;

/** Pseudo-random numbers that are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function joinAll(roomId: string): Promise<{ client: AppClient; snapshot: RoomSnapshot }[]> {
  return Promise.all(
    Array.from({ length: USERS }, async (_, index) => {
      const client = await connectAs(urlOf(index), `user-${index}`);
      const answer = await client.do('room:join', { roomId });
      if (!('room' in answer)) throw new Error('a fresh join without a snapshot');
      return { client, snapshot: answer.room };
    }),
  );
}

describe('100 users race for 8 seats', () => {
  test('[SEAT-1][ACK-5][SYNC-3] each seat once, each user once, every loser learns who sits there, one history', async () => {
    const roomId = 'race';
    const owner = await connectAs(urlOf(0), 'owner');
    await owner.do('room:create', { roomId, title: 'Race', seatMode: 'free', seatCount: SEATS + 1 });
    const people = await joinAll(roomId);
    const random = sequence(20_261_123);

    for (let round = 0; round < ROUNDS; round++) {
      const wishes = people.map((_, index) => (index < SEATS ? 1 + index : 1 + Math.floor(random() * SEATS)));
      const order = people.map((_, index) => index).sort(() => random() - 0.5);
      const answers = await Promise.all(
        order.map(async (index) => {
          const person = people[index] as { client: AppClient };
          return { index, answer: await person.client.ask('seat:take', { roomId, seat: wishes[index] }) };
        }),
      );
      const winners = answers.filter(({ answer }) => answer.ok);
      const seats = winners.map(({ answer }) => (answer.ok ? (answer.data as { seat: number }).seat : -1));
      expect(seats.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      const sitting = new Map(winners.map(({ index }) => [wishes[index], `user-${index}`]));
      for (const { index, answer } of answers) {
        if (answer.ok) continue;
        expect(answer.error).toMatchObject({
          code: 'SEAT_TAKEN',
          details: { version: expect.any(Number), seat: { occupant: { userId: sitting.get(wishes[index]) } } },
        });
      }
      await Promise.all(winners.map(({ index }) => people[index]?.client.do('seat:leave', { roomId })));
    }
    await sameHistory(roomId, people, owner);
    for (const { client } of people) client.close();
    owner.close();
  });

  /** Every member received the same updates in the same order, and folds them to the snapshot of a new member. */
  async function sameHistory(
    roomId: string,
    people: { client: AppClient; snapshot: RoomSnapshot }[],
    owner: AppClient,
  ) {
    const { version } = await owner.do('room:update', { roomId, notice: 'the race is over' });
    const updatesOf = (client: AppClient) =>
      client.payloadsOf('room:events').flatMap((one) => (one.roomId === roomId ? one.updates : []));
    await expect
      .poll(() => people.every(({ client }) => updatesOf(client).at(-1)?.version === version), { timeout: 10_000 })
      .toBe(true);
    const [first] = people.map(({ client }) => updatesOf(client));
    const newcomer = await connectAs(urlOf(2), 'newcomer');
    const now = await newcomer.do('room:join', { roomId });
    if (!('room' in now)) throw new Error('a fresh join without a snapshot');
    expect(first?.length).toBeGreaterThanOrEqual(ROUNDS);
    for (const { client, snapshot } of people) {
      const updates = updatesOf(client);
      expect(updates).toEqual(first);
      const view = new ClientView(snapshot);
      for (const update of updates) view.take(update);
      expect([view.gaps, view.version]).toEqual([[], version]);
      expect(view.view).toEqual(toView(now.room));
    }
    newcomer.close();
  }
});

describe('one server of three nodes', () => {
  test('[PRES-1][PRES-4] a seat is kept for a member who drops on one node and comes back on another', async () => {
    const owner = await connectAs(urlOf(0), 'owner');
    await owner.do('room:create', { roomId: 'grace', title: 'Grace', seatMode: 'free' });
    const before = await connectAs(urlOf(1), 'alice');
    await before.do('room:join', { roomId: 'grace' });
    await before.do('seat:take', { roomId: 'grace', seat: 2 });
    before.close();
    const types = () =>
      owner
        .payloadsOf('room:events')
        .flatMap(({ updates }) => updates.flatMap(({ events }) => events.map(({ type }) => type)));
    await expect.poll(() => types().at(-1)).toBe('seat.away');
    const after = await connectAs(urlOf(2), 'alice');
    expect(await after.do('room:join', { roomId: 'grace' })).toMatchObject({
      you: { seat: 2 },
      grant: { role: 'publisher' },
    });
    await expect.poll(types).toEqual(['seat.taken', 'seat.away', 'seat.back']);
    for (const client of [owner, after]) client.close();
  });

  test('[ACK-2] a retry on another node has one effect and the first answer', async () => {
    const owner = await connectAs(urlOf(0), 'owner');
    await owner.do('room:create', { roomId: 'retry', title: 'Retry' });
    const lock = { roomId: 'retry', seat: 3, commandId: 'lock-3' };
    const first = await owner.do('seat:lock', lock);
    const elsewhere = await connectAs(urlOf(1), 'owner');
    await elsewhere.do('room:join', { roomId: 'retry' });
    await elsewhere.do('seat:unlock', { roomId: 'retry', seat: 3 });
    expect(await elsewhere.do('seat:lock', lock)).toEqual(first);
    const { room } = (await elsewhere.do('room:sync', { roomId: 'retry', epoch: 'x', version: 0 })) as {
      room: RoomSnapshot;
    };
    expect(room.seats[3]?.locked).toBe(false);
    for (const client of [owner, elsewhere]) client.close();
  });

  test('[ROOM-6] closing on one node ends all memberships on all nodes', async () => {
    const owner = await connectAs(urlOf(0), 'owner');
    await owner.do('room:create', { roomId: 'closing', title: 'Closing' });
    const guests = await Promise.all([0, 1, 2].map((index) => connectAs(urlOf(index), `guest-${index}`)));
    for (const guest of guests) await guest.do('room:join', { roomId: 'closing' });
    await owner.do('room:close', { roomId: 'closing' });
    for (const guest of guests) {
      await expect
        .poll(() => guest.payloadsOf('room:left'))
        .toEqual([{ roomId: 'closing', reason: 'roomClosed', by: 'owner' }]);
      expect((await guest.refused('room:join', { roomId: 'closing' })).code).toBe('ROOM_CLOSED');
    }
    for (const client of [owner, ...guests]) client.close();
  });

  test('[MSG-1][MSG-3][MSG-4] messages of one node reach all nodes, and are in the snapshot of every later join', async () => {
    const people = await Promise.all([0, 1, 2].map((index) => connectAs(urlOf(index), `talker-${index}`)));
    const [owner, alice, bob] = people as [AppClient, AppClient, AppClient];
    await owner.do('room:create', { roomId: 'talk', title: 'Talk' });
    for (const guest of [alice, bob]) await guest.do('room:join', { roomId: 'talk' });
    const texts = Array.from({ length: 30 }, (_, index) => `${index}`);
    await Promise.all(
      people.flatMap((person) =>
        texts.map((text) => person.do('message:send', { roomId: 'talk', kind: 'chat', body: { text } })),
      ),
    );
    const messagesOf = (person: AppClient) => person.payloadsOf('room:messages').flatMap(({ messages }) => messages);
    for (const person of people) {
      await expect.poll(() => messagesOf(person).length).toBe(90);
      expect(messagesOf(person)).toEqual(messagesOf(owner));
      for (const index of [0, 1, 2]) {
        const received = messagesOf(person).flatMap((one) =>
          one.kind === 'chat' && one.from.userId === `talker-${index}` ? [one.body.text] : [],
        );
        expect(received).toEqual(texts);
      }
    }
    await alice.do('signal:send', { roomId: 'talk', to: 'talker-2', data: { sdp: 'v=0' } });
    await expect
      .poll(() => bob.payloadsOf('signal'))
      .toEqual([{ roomId: 'talk', from: 'talker-1', data: { sdp: 'v=0' } }]);
    const late = await connectAs(urlOf(1), 'late');
    expect(await late.do('room:join', { roomId: 'talk' })).toMatchObject({
      room: { recentMessages: messagesOf(owner).slice(-50) },
    });
    for (const client of [...people, late]) client.close();
  });

  test('no node has logged an error', () => {
    for (const node of nodes) expect(node.output()).not.toMatch(/"level":(40|50|60)/);
  });
});
