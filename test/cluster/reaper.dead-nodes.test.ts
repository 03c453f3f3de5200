// A node dies, and the other nodes end its memberships and its rooms: within seconds, once, and in spite of other
// failures.
import { beforeEach, describe, expect, test } from 'vitest';
import { LISTENER_GRACE_MS } from '../../src/rooms/membership/leave.ts';
import type { DirectoryStore } from '../../src/store/directory-store.ts';
import { CLAIM_MS, LEASE_MS, SURVEY_INTERVAL_MS } from '../../src/store/lease-store.ts';
import { aRoom, Cluster, eventTypes, joinsAndLeaves, withAliceSeated } from '../scenes/cluster-scene.ts';
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
  test('[PRES-3] a speaker is away within 7 s, keeps the seat, and comes back on another node', async () => {
    cluster.stop(dying);
    await cluster.pass(NOTICED_WITHIN_MS);
    expect(eventTypes(owner)).toEqual(['seat.taken', 'seat.away']);
    const back = await living.join('alice', id);
    await cluster.pass(GRACE_MS * 2);
    expect(eventTypes(owner)).toEqual(['seat.taken', 'seat.away', 'seat.back']);
    expect((await cluster.state(id)).seats[3]?.occupant?.userId).toBe('alice');
    expect(await back.refusal('seat:leave', { roomId: id })).toBeNull();
  });

  test('[PRES-3] are not touched before its lease has ended', async () => {
    cluster.stop(dying);
    await cluster.pass(LEASE_MS - 1_500);
    expect(eventTypes(owner)).toEqual(['seat.taken']);
  });

  test('[PRES-3] a member that came back before the death was noticed was never away', async () => {
    cluster.stop(dying);
    await cluster.pass(2_000);
    await living.join('alice', id);
    await cluster.pass(GRACE_MS);
    expect(eventTypes(owner)).toEqual(['seat.taken']);
    expect(joinsAndLeaves(owner)).not.toContain('-alice');
  });

  test('[PRES-3] a speaker that does not come back loses the seat when the grace ends, once', async () => {
    const third = cluster.start();
    await third.join('carol', id);
    cluster.stop(dying);
    await cluster.pass(NOTICED_WITHIN_MS + GRACE_MS + 1_000);
    expect(eventTypes(owner)).toEqual(['seat.taken', 'seat.away', 'seat.left']);
    expect(await cluster.members(id)).toEqual(['carol', 'owner']);
  });

  test('[PRES-3] listeners have 15 s and are removed then', async () => {
    await dying.join('bob', id);
    cluster.stop(dying);
    await cluster.pass(LEASE_MS + LISTENER_GRACE_MS - 2_000);
    expect(await cluster.members(id)).toContain('bob');
    await cluster.pass(3_500);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test("[PRES-3] a listener's grace goes on when the node dies during it, although the room was passivated there", async () => {
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

  test('[PRES-3] more than one page of them: none is forgotten', async () => {
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

  test('[PRES-3] a member that no node claims counts as dropped after a while', async () => {
    await cluster.engines.presence.join(roomId(id), aJoining('unclaimed', { nodeId: nodeId('') }));
    cluster.stop(dying);
    await cluster.pass(LEASE_MS + LISTENER_GRACE_MS + 1_500);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[PRES-3] the members of five hundred rooms are all away within 7 s', async () => {
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

describe('the node that looks after them', () => {
  test('[PRES-3] dies meanwhile: another node does it when the claim has run out', async () => {
    const seam = interpose(cluster.engines);
    const first = cluster.start(seam);
    await cluster.pass(1_000);
    cluster.stop(living);
    await living.service.idle();
    // It claims the room and never gets any further.
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

  test('[PRES-2][PRES-3] is overtaken by a return: the fence decides, and the member is not marked away', async () => {
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

  test('[PRES-3] does not take a node for dead that has just started', async () => {
    const seam = interpose(cluster.engines);
    cluster.start(seam);
    await cluster.pass(1_000);
    cluster.stop(living);
    cluster.stop(dying);
    seam.beforeSubscribe(async () => {
      const newNode = cluster.start();
      const carol = await newNode.join('carol', id);
      await carol.do('seat:take', { roomId: id, seat: 5 });
    });
    await cluster.pass(NOTICED_WITHIN_MS);
    const { away, seats } = await cluster.state(id);
    expect([Object.keys(away).sort(), seats[5]?.occupant?.userId]).toEqual([['alice', 'owner'], 'carol']);
  });
});

describe('rooms that no node holds any more', () => {
  test('[PRES-2][PRES-3][ROOM-7] end when their graces and their time as empty rooms are over, without a visitor', async () => {
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

  test('[PRES-3][REQ-3] lose their requests in the same way', async () => {
    const [alone, room] = [cluster.start(), aRoom({ seatMode: 'request' })];
    const host = alone.connect('host');
    await host.do('room:create', room);
    const guest = await alone.join('guest', room.roomId);
    await guest.do('request:send', { roomId: room.roomId });
    cluster.stop(alone);
    await cluster.pass(NOTICED_WITHIN_MS + GRACE_MS + 1_000);
    expect((await cluster.state(room.roomId)).requests).toEqual([]);
  });

  test('[PRES-3][ROOM-7] a room whose owner never joined is closed as empty', async () => {
    const { directory } = cluster.engines;
    const isStuck: DirectoryStore = {
      announce: (entry) => directory.announce(entry),
      remove: (roomId) => directory.remove(roomId),
      list: (query) => directory.list(query),
      ownedBy: (ownerId) => directory.ownedBy(ownerId),
      disown: (ownerId, roomId) => directory.disown(ownerId, roomId),
      claim: () => new Promise(() => undefined),
    };
    const creator = cluster.start({ ...cluster.engines, directory: isStuck });
    const [host, room] = [creator.connect('host'), aRoom({ emptyMs: 60_000 })];
    void host.try('room:create', room);
    await cluster.pass(500);
    cluster.stop(creator);
    await cluster.pass(NOTICED_WITHIN_MS + 62_000);
    expect((await cluster.state(room.roomId)).closed).not.toBeNull();
  });

  test('[PRES-3] are found by the first node that starts after all nodes died', async () => {
    cluster.stop(dying);
    cluster.stop(living);
    await cluster.pass(3 * 60 * 60_000);
    cluster.start();
    await cluster.pass(LEASE_MS + NOTICED_WITHIN_MS);
    expect(Object.keys((await cluster.state(id)).away).sort()).toEqual(['alice', 'owner']);
  });

  test('[PRES-3][SYNC-4] are found after the store lost the holdings: the nodes list them again', async () => {
    const { leases } = cluster.engines;
    leases.failOver();
    await cluster.pass(2_000);
    cluster.stop(dying);
    await cluster.pass(NOTICED_WITHIN_MS);
    expect(Object.keys((await cluster.state(id)).away)).toEqual(['alice']);
  });

  test('[PRES-3] nodes are not dead after the store was away for a minute', async () => {
    await cluster.storeClock.advance(60_000);
    await cluster.pass(1_000);
    expect((await cluster.state(id)).away).toEqual({});
  });
});
