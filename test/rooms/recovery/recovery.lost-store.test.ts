// The store loses a room, or some of it: the copies of the nodes decide what the room is. Clients get a new epoch, and
// never an update that only seems to follow.
import { beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../src/store/store-errors.ts';
import { aRoom, Cluster, eventTypes, joinsAndLeaves, loseJoins, withAliceSeated } from '../../scenes/cluster-scene.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import type { Person, RoomNode } from '../../support/room-node.ts';
import { roomId as roomIdOf } from '../../support/stored-room.ts';

/** The time that recovery takes, with the rejoins of all members. */
const RECOVERED_AFTER_MS = 5_000;
const GRACE_MS = 45_000;
const MINUTE_MS = 60_000;

let cluster: Cluster;
let one: RoomNode;
let other: RoomNode;
let links: { readonly one: Interposed; readonly other: Interposed };
let owner: Person;
let alice: Person;
let bob: Person;
let id: string;

beforeEach(async () => {
  cluster = new Cluster();
  links = { one: interpose(cluster.engines), other: interpose(cluster.engines) };
  [one, other] = [cluster.start(links.one), cluster.start(links.other)];
  await cluster.pass(1_000);
  ({ id, owner, alice } = await withAliceSeated({ ownerOn: one, aliceOn: one }));
  bob = await other.join('bob', id);
  await bob.do('seat:take', { roomId: id, seat: 4 });
  await cluster.pass(500);
});

/** Both nodes notice that their links were down. */
function interruptFeeds(): void {
  links.one.interruptFeed();
  links.other.interruptFeed();
}

const seated = async () =>
  (await cluster.state(id)).seats.flatMap(({ seat, occupant }) => (occupant ? [`${seat}:${occupant.userId}`] : []));
const snapshotOf = (person: Person) => person.payloadsOf('room:snapshot').at(-1);

describe('a store that comes back empty', () => {
  test('[SYNC-4] the room has its seats and members again within 5 s, and every member gets a snapshot', async () => {
    const before = (await bob.do('room:sync', { roomId: id, epoch: 'none', version: 0 })) as {
      room: { epoch: string };
    };
    cluster.engines.tables.failOver();
    interruptFeeds();
    await cluster.pass(RECOVERED_AFTER_MS);
    expect(await seated()).toEqual(['3:alice', '4:bob']);
    expect(await cluster.members(id)).toEqual(['alice', 'bob', 'owner']);
    for (const person of [owner, alice, bob]) {
      const snapshot = snapshotOf(person);
      expect(snapshot?.room.epoch).not.toBe(before.room.epoch);
      expect(snapshot?.you.seat).toBe({ owner: null, alice: 3, bob: 4 }[person.caller.userId as string] ?? null);
      expect(snapshot?.room.audience.count).toBe(3);
      expect(eventTypes(person)).not.toContain('seat.away');
      expect(person.payloadsOf('room:left')).toEqual([]);
      expect(joinsAndLeaves(person).filter((text) => text.startsWith('-'))).toEqual([]);
    }
  });

  test('[SYNC-4][ACK-4] commands are UNAVAILABLE during recovery, and are carried out after it', async () => {
    cluster.engines.tables.failOver();
    expect(await alice.refusal('seat:move', { roomId: id, seat: 5 })).toBe('UNAVAILABLE');
    await cluster.pass(RECOVERED_AFTER_MS);
    await alice.do('seat:move', { roomId: id, seat: 5 });
    await bob.do('mic:set', { roomId: id, on: false });
    expect(await seated()).toEqual(['4:bob', '5:alice']);
    expect(bob.stageEvents().at(-1)?.type).toBe('mic.changed');
  });

  test('[SYNC-4][PRES-4] a rejoin whose reply is lost tells nobody that they were replaced', async () => {
    cluster.engines.tables.failOver();
    loseJoins(links.one, 2);
    interruptFeeds();
    await cluster.pass(1_500);
    // One more possible gap meanwhile.
    links.one.interruptFeed();
    await cluster.pass(RECOVERED_AFTER_MS);
    expect([owner, alice].flatMap((person) => person.payloadsOf('room:left'))).toEqual([]);
    await alice.do('seat:move', { roomId: id, seat: 5 });
    expect(await cluster.members(id)).toEqual(['alice', 'bob', 'owner']);
  });

  test('[SYNC-4] a user who joins meanwhile is not told that there is no such room', async () => {
    cluster.engines.tables.failOver();
    const third = cluster.start();
    await cluster.pass(250);
    const carol = third.connect('carol');
    expect(await carol.refusal('room:join', { roomId: id })).toBe('UNAVAILABLE');
    interruptFeeds();
    await cluster.pass(RECOVERED_AFTER_MS);
    await carol.do('room:join', { roomId: id });
    expect(await cluster.members(id)).toContain('carol');
  });

  test('[SYNC-4][PRES-3] a member of a dead node gets a grace, and then leaves', async () => {
    cluster.engines.tables.failOver();
    cluster.stop(other);
    links.one.interruptFeed();
    await cluster.pass(RECOVERED_AFTER_MS + 1_000);
    expect(eventTypes(owner).at(-1)).toBe('seat.away');
    await cluster.pass(GRACE_MS + 1_000);
    expect(await seated()).toEqual(['3:alice']);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[SYNC-4][PRES-6] bans and recent chat are kept', async () => {
    await owner.do('member:ban', { roomId: id, userId: 'mallory' });
    await alice.do('message:send', { roomId: id, kind: 'chat', body: { text: 'remember' } });
    await cluster.pass(500);
    cluster.engines.tables.failOver();
    interruptFeeds();
    await cluster.pass(RECOVERED_AFTER_MS);
    expect(await one.connect('mallory').refusal('room:join', { roomId: id })).toBe('BANNED');
    expect(snapshotOf(bob)?.room.recentMessages.map(({ body }) => body)).toEqual([{ text: 'remember' }]);
  });

  test('[SYNC-4][PRES-6] a node that could not read the bans yet does not lift them by offering the room', async () => {
    await owner.do('member:ban', { roomId: id, userId: 'mallory' });
    const { engines } = cluster;
    const all = () => Promise.reject(new StoreUnavailableError('not now'));
    const seam = interpose({ ...engines, sanctions: { ...interpose(engines).sanctions, all } });
    const late = cluster.start(seam);
    await cluster.pass(1_000);
    const carol = await late.join('carol', id);
    const kept = engines.tables.checkpoint();
    links.one.loseNews(100);
    links.other.loseNews(100);
    await carol.do('seat:take', { roomId: id, seat: 7 });
    engines.tables.failOver(kept);
    seam.interruptFeed();
    await cluster.pass(RECOVERED_AFTER_MS);
    expect(await seated()).toEqual(['3:alice', '4:bob', '7:carol']);
    expect(await one.connect('mallory').refusal('room:join', { roomId: id })).toBe('BANNED');
  });

  test('[SYNC-4][PRES-1] a member in a grace keeps the rest of it', async () => {
    await alice.disconnect();
    await cluster.pass(10_000);
    cluster.engines.tables.failOver();
    interruptFeeds();
    await cluster.pass(RECOVERED_AFTER_MS);
    expect(await seated()).toEqual(['3:alice', '4:bob']);
    const back = await other.join('alice', id);
    expect(await back.refusal('seat:move', { roomId: id, seat: 6 })).toBeNull();
    await back.disconnect();
    await cluster.pass(GRACE_MS + 2_000);
    expect(await seated()).toEqual(['4:bob']);
  });

  test('[SYNC-4][ROOM-7] a room that closes at once when it is empty is not taken for empty', async () => {
    const room = aRoom({ emptyMs: 0, ownerSeat: null });
    const host = one.connect('host');
    await host.do('room:create', room);
    await other.join('guest', room.roomId);
    await cluster.pass(500);
    cluster.engines.tables.failOver();
    interruptFeeds();
    await cluster.pass(RECOVERED_AFTER_MS * 2);
    expect((await cluster.state(room.roomId)).closed).toBeNull();
    expect(await cluster.members(room.roomId)).toEqual(['guest', 'host']);
  });
});

describe('a store that fails over and loses its last writes', () => {
  test('[SYNC-4] if the node that is behind offers first, the commits that others have are not lost', async () => {
    const kept = cluster.engines.tables.checkpoint();
    links.one.loseNews(100);
    await bob.do('seat:move', { roomId: id, seat: 7 });
    await cluster.pass(250);
    cluster.engines.tables.failOver(kept);
    links.one.interruptFeed();
    await cluster.pass(500);
    links.one.loseNews(0);
    links.other.interruptFeed();
    await cluster.pass(RECOVERED_AFTER_MS);
    expect(await seated()).toEqual(['3:alice', '7:bob']);
    expect(snapshotOf(alice)?.room.seats[7]?.occupant?.userId).toBe('bob');
  });

  test('[SYNC-4] a node that was cut off earlier does not decide about later commits', async () => {
    const rejoin = cluster.stop(one);
    cluster.engines.tables.failOver(cluster.engines.tables.checkpoint());
    links.other.interruptFeed();
    await cluster.pass(RECOVERED_AFTER_MS);
    await bob.do('seat:move', { roomId: id, seat: 8 });
    cluster.engines.tables.failOver();
    rejoin();
    links.one.interruptFeed();
    await cluster.pass(400);
    links.other.interruptFeed();
    await cluster.pass(RECOVERED_AFTER_MS * 2);
    expect((await seated()).filter((text) => text.endsWith('bob'))).toEqual(['8:bob']);
  });

  test('[SYNC-4] a lost join is made again, and so is a lost leave', async () => {
    await one.join('leaver', id);
    const leaver = await one.join('dora', id);
    const kept = cluster.engines.tables.checkpoint();
    await leaver.do('room:leave', { roomId: id });
    await one.join('erin', id);
    cluster.engines.tables.failOver(kept);
    interruptFeeds();
    await cluster.pass(RECOVERED_AFTER_MS);
    expect(await cluster.members(id)).toContain('erin');
    await cluster.pass(30_000);
    expect(await cluster.members(id)).toEqual(['alice', 'bob', 'erin', 'leaver', 'owner']);
  });

  test('[SYNC-4] an older offer changes nothing that the store has kept', async () => {
    links.one.loseNews(100);
    await bob.do('seat:move', { roomId: id, seat: 2 });
    cluster.engines.tables.failOver(cluster.engines.tables.checkpoint());
    links.one.interruptFeed();
    await cluster.pass(250);
    links.one.loseNews(0);
    await cluster.pass(RECOVERED_AFTER_MS);
    expect(await seated()).toEqual(['2:bob', '3:alice']);
    expect(snapshotOf(alice)?.room.seats[2]?.occupant?.userId).toBe('bob');
  });
});

describe('a room that has ended', () => {
  /** The close does not reach the other node; the store loses it, and that node is the first to offer. */
  async function closeUnseenAndLose(): Promise<void> {
    // The owner's node has another room, too, so it notices that the store has another replication id.
    const keeper = one.connect('keeper');
    await keeper.do('room:create', aRoom());
    links.other.loseNews(100);
    await owner.do('room:close', { roomId: id });
    await cluster.pass(250);
    cluster.engines.tables.failOver();
    links.other.interruptFeed();
    await cluster.pass(250);
    links.one.interruptFeed();
    links.other.loseNews(0);
    await cluster.pass(RECOVERED_AFTER_MS);
  }

  test('[SYNC-4] is not brought back by a node that missed the close', async () => {
    await closeUnseenAndLose();
    expect((await cluster.state(id)).closed).not.toBeNull();
    expect(bob.payloadsOf('room:left')).toMatchObject([{ reason: 'roomClosed' }]);
  });

  test('[SYNC-4] is not brought back either when the next room of the same id has closed as well', async () => {
    await owner.do('room:close', { roomId: id });
    await cluster.pass(11 * MINUTE_MS);
    await owner.do('room:create', aRoom({ roomId: id }));
    await bob.do('room:join', { roomId: id });
    await closeUnseenAndLose();
    expect((await cluster.state(id)).closed).not.toBeNull();
  });

  test('[SYNC-4] is not brought back by a node that slept for 15 minutes, when no node remembers the room', async () => {
    const clock = cluster.clockOf(other);
    const wake = cluster.stop(other);
    links.other.loseNews(100);
    await owner.do('room:close', { roomId: id });
    await cluster.pass(15 * MINUTE_MS);
    cluster.engines.tables.failOver();
    links.other.loseNews(0);
    wake();
    await clock.advance(15 * MINUTE_MS);
    links.other.interruptFeed();
    await cluster.pass(RECOVERED_AFTER_MS);
    expect(cluster.engines.tables.get(roomIdOf(id))).toBeNull();
    expect(bob.payloadsOf('room:left')).toHaveLength(1);
  });

  test('[ROOM-6][PRES-2] is passivated, once forgotten, by a node that slept meanwhile with a member in a grace', async () => {
    await bob.disconnect();
    await cluster.pass(250);
    const wake = cluster.stop(other);
    links.other.loseNews(100);
    await owner.do('room:close', { roomId: id });
    await cluster.pass(15 * MINUTE_MS);
    links.other.loseNews(0);
    wake();
    await cluster.pass(MINUTE_MS);
    expect(other.service.liveRoomCount).toBe(0);
  });
});
