// A node dies, and the others look after its members and its rooms: within seconds, once, and whatever else happens.
import { beforeEach, describe, expect, test } from 'vitest';
import { LISTENER_GRACE_MS } from '../../src/rooms/membership/leave.ts';
import type { DirectoryStore } from '../../src/store/directory-store.ts';
import { CLAIM_MS, LEASE_MS, SURVEY_INTERVAL_MS } from '../../src/store/lease-store.ts';
import { aRoom, Cluster, comings, eventTypes, withAliceSeated } from '../scenes/cluster-scene.ts';
import { interpose } from '../support/interposed.ts';
import type { Person, RoomNode } from '../support/room-node.ts';
import { aJoining, nodeId, roomId } from '../support/stored-room.ts';

/** PRES-3. */
const NOTICED_WITHIN_MS = 7_000;
const GRACE_MS = 45_000;

let cluster: Cluster;
let dying: RoomNode;
let living: RoomNode;
let owner: Person;
let id: string;

beforeEach(async () => {
  cluster = new Cluster();
  [dying, living] = [cluster.start(), cluster.start()];
  await cluster.pass(1_000);
  ({ id, owner } = await withAliceSeated({ ownerOn: living, aliceOn: dying }));
  await cluster.pass(1_000);
});

describe('members of a dead node', () => {
  test('[PRES-3] who sat there is away within 7 s, keeps the seat, and comes back on another node', async () => {
    cluster.stop(dying);
    await cluster.pass(NOTICED_WITHIN_MS);
    expect(eventTypes(owner)).toEqual(['seat.taken', 'seat.away']);
    const back = await living.join('alice', id);
    await cluster.pass(GRACE_MS * 2);
    expect(eventTypes(owner)).toEqual(['seat.taken', 'seat.away', 'seat.back']);
    expect((await cluster.state(id)).seats[3]?.occupant?.userId).toBe('alice');
    expect(await back.refusal('seat:leave', { roomId: id })).toBeNull();
  });

  test('[PRES-3] not before its lease has ended', async () => {
    cluster.stop(dying);
    await cluster.pass(LEASE_MS - 1_500);
    expect(eventTypes(owner)).toEqual(['seat.taken']);
  });

  test('[PRES-3] who came back before anybody noticed was never away', async () => {
    cluster.stop(dying);
    await cluster.pass(2_000);
    await living.join('alice', id);
    await cluster.pass(GRACE_MS);
    expect(eventTypes(owner)).toEqual(['seat.taken']);
    expect(comings(owner)).not.toContain('-alice');
  });

  test('[PRES-3] who does not come back loses his seat when the grace ends, once', async () => {
    const third = cluster.start();
    await third.join('carol', id);
    cluster.stop(dying);
    await cluster.pass(NOTICED_WITHIN_MS + GRACE_MS + 1_000);
    expect(eventTypes(owner)).toEqual(['seat.taken', 'seat.away', 'seat.left']);
    expect(await cluster.members(id)).toEqual(['carol', 'owner']);
  });

  test('[PRES-3] listeners have their 15 s, then they are gone', async () => {
    await dying.join('bob', id);
    cluster.stop(dying);
    await cluster.pass(LEASE_MS + LISTENER_GRACE_MS - 2_000);
    expect(await cluster.members(id)).toContain('bob');
    await cluster.pass(3_500);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test("[PRES-3] a listener's grace goes on when his node dies in it, although nobody there held the room any more", async () => {
    const [quiet, room] = [cluster.start(), aRoom()];
    await owner.do('room:create', room);
    const bob = await quiet.join('bob', room.roomId);
    await bob.disconnect();
    await quiet.service.idle();
    expect(quiet.service.liveRoomCount).toBe(0);
    cluster.stop(quiet);
    await cluster.pass(LEASE_MS + LISTENER_GRACE_MS + 1_500);
    expect(await cluster.members(room.roomId)).toEqual(['owner']);
  });

  test('[PRES-3] more of them than are looked at in one go: none is forgotten', async () => {
    const dead = nodeId('crowded');
    await cluster.engines.leases.renew(dead);
    await cluster.engines.leases.hold(dead, [roomId(id)]);
    for (let index = 0; index < 1_300; index++) {
      await cluster.engines.presence.join(
        roomId(id),
        aJoining(`user-${index}`, { nodeId: dead, rtcUids: [1_000 + index] }),
      );
    }
    await cluster.pass(LEASE_MS + LISTENER_GRACE_MS + 1_500);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[PRES-3] a member whom no node claims is waited for, then he was dropped', async () => {
    await cluster.engines.presence.join(roomId(id), aJoining('nobodys', { nodeId: nodeId('') }));
    cluster.stop(dying);
    await cluster.pass(LEASE_MS + LISTENER_GRACE_MS + 1_500);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[PRES-3] five hundred rooms of one node: all are seen to within 7 s', async () => {
    const rooms = Array.from({ length: 500 }, () => aRoom());
    const people = await Promise.all(
      rooms.map(async (room, index) => {
        const person = dying.connect(`host-${index}`);
        await person.do('room:create', { ...room, ownerSeat: 0 });
        await person.do('seat:take', { roomId: room.roomId, seat: 0 });
        return person;
      }),
    );
    expect(people.length).toBe(rooms.length);
    await cluster.pass(1_000);
    cluster.stop(dying);
    await cluster.pass(NOTICED_WITHIN_MS);
    const away = await Promise.all(rooms.map(async (room) => Object.keys((await cluster.state(room.roomId)).away)));
    expect(away.filter((users) => users.length === 1)).toHaveLength(rooms.length);
  });
});

describe('whoever looks after them', () => {
  test('[PRES-3] dies in doing so: another one does it when the claim has run out', async () => {
    const seam = interpose(cluster.engines);
    const first = cluster.start(seam);
    await cluster.pass(1_000);
    cluster.stop(living);
    await living.service.idle();
    // It hears of the room and never gets any further.
    seam.afterFind(() => new Promise(() => undefined));
    cluster.stop(dying);
    await cluster.pass(NOTICED_WITHIN_MS);
    expect((await cluster.state(id)).away).toEqual({});
    const second = cluster.start();
    cluster.stop(first);
    await cluster.pass(CLAIM_MS + SURVEY_INTERVAL_MS);
    expect(Object.keys((await cluster.state(id)).away).sort()).toEqual(['alice', 'owner']);
    expect(second.service.liveRoomCount).toBe(1);
  });

  test('[PRES-2][PRES-3] is overtaken by a return: the fence decides, nobody is marked away', async () => {
    const seam = interpose(cluster.engines);
    const reaper = cluster.start(seam);
    await cluster.pass(1_000);
    const third = cluster.start();
    await third.join('owner', id);
    cluster.stop(living);
    cluster.stop(dying);
    seam.beforeCommit(() => third.join('alice', id));
    await cluster.pass(NOTICED_WITHIN_MS);
    expect(reaper.service.liveRoomCount).toBe(0);
    expect((await cluster.state(id)).away).toEqual({});
    expect((await cluster.state(id)).seats[3]?.occupant?.userId).toBe('alice');
  });

  test('[PRES-3] does not take a node for dead that has just begun', async () => {
    const seam = interpose(cluster.engines);
    cluster.start(seam);
    await cluster.pass(1_000);
    cluster.stop(living);
    cluster.stop(dying);
    seam.beforeSubscribe(async () => {
      const young = cluster.start();
      const carol = await young.join('carol', id);
      await carol.do('seat:take', { roomId: id, seat: 5 });
    });
    await cluster.pass(NOTICED_WITHIN_MS);
    const { away, seats } = await cluster.state(id);
    expect([Object.keys(away).sort(), seats[5]?.occupant?.userId]).toEqual([['alice', 'owner'], 'carol']);
  });
});

describe('rooms that nobody holds any more', () => {
  test('[PRES-2][PRES-3][ROOM-7] end when their graces and their emptiness are over, without a visitor', async () => {
    const [alone, room] = [cluster.start(), aRoom({ emptyMs: 60_000 })];
    const host = alone.connect('host');
    await host.do('room:create', room);
    await host.do('seat:take', { roomId: room.roomId, seat: 0 });
    cluster.stop(alone);
    await cluster.pass(NOTICED_WITHIN_MS);
    expect(Object.keys((await cluster.state(room.roomId)).away)).toEqual(['host']);
    await cluster.pass(GRACE_MS + 60_000 + 2_000);
    expect((await cluster.state(room.roomId)).closed).not.toBeNull();
  });

  test('[PRES-3][REQ-3] and so do requests', async () => {
    const [alone, room] = [cluster.start(), aRoom({ seatMode: 'request' })];
    const host = alone.connect('host');
    await host.do('room:create', room);
    const guest = await alone.join('guest', room.roomId);
    await guest.do('request:send', { roomId: room.roomId });
    cluster.stop(alone);
    await cluster.pass(NOTICED_WITHIN_MS + GRACE_MS + 1_000);
    expect((await cluster.state(room.roomId)).requests).toEqual([]);
  });

  test('[PRES-3][ROOM-7] a room of which only its founding was carried out is closed as empty', async () => {
    const { directory } = cluster.engines;
    const isStuck: DirectoryStore = {
      announce: (entry) => directory.announce(entry),
      remove: (roomId) => directory.remove(roomId),
      list: (query) => directory.list(query),
      ownedBy: (ownerId) => directory.ownedBy(ownerId),
      disown: (ownerId, roomId) => directory.disown(ownerId, roomId),
      claim: () => new Promise(() => undefined),
    };
    const founder = cluster.start({ ...cluster.engines, directory: isStuck });
    const [host, room] = [founder.connect('host'), aRoom({ emptyMs: 60_000 })];
    void host.try('room:create', room);
    await cluster.pass(500);
    cluster.stop(founder);
    await cluster.pass(NOTICED_WITHIN_MS + 62_000);
    expect((await cluster.state(room.roomId)).closed).not.toBeNull();
  });

  test('[PRES-3] all nodes died: the first that starts finds what they held', async () => {
    cluster.stop(dying);
    cluster.stop(living);
    await cluster.pass(3 * 60 * 60_000);
    cluster.start();
    await cluster.pass(LEASE_MS + NOTICED_WITHIN_MS);
    expect(Object.keys((await cluster.state(id)).away).sort()).toEqual(['alice', 'owner']);
  });

  test('[PRES-3][SYNC-4] a registry that the store lost is told again', async () => {
    const { leases } = cluster.engines;
    leases.failOver();
    await cluster.pass(2_000);
    cluster.stop(dying);
    await cluster.pass(NOTICED_WITHIN_MS);
    expect(Object.keys((await cluster.state(id)).away)).toEqual(['alice']);
  });

  test('[PRES-3] a store that was away for long has made nobody dead', async () => {
    await cluster.storeClock.advance(60_000);
    await cluster.pass(1_000);
    expect((await cluster.state(id)).away).toEqual({});
  });
});
