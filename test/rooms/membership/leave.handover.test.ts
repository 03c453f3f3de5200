// A node stops in good order: it hands over its connections, and members that come back in time were never away.
import { beforeEach, describe, expect, test } from 'vitest';
import { LISTENER_GRACE_MS } from '../../../src/rooms/membership/leave.ts';
import { HANDOVER_MS } from '../../../src/store/lease-store.ts';
import { aRoom, Cluster, eventTypes, joinsAndLeaves, withAliceSeated } from '../../scenes/cluster-scene.ts';
import type { Person, RoomNode } from '../../support/room-node.ts';

const GRACE_MS = 45_000;

let cluster: Cluster;
let stopping: RoomNode;
let living: RoomNode;
let owner: Person;
let alice: Person;
let bob: Person;
let id: string;

beforeEach(async () => {
  cluster = new Cluster();
  [stopping, living] = [cluster.start(), cluster.start()];
  await cluster.pass(1_000);
  ({ id, owner, alice } = await withAliceSeated({ ownerOn: living, aliceOn: stopping }));
  bob = await stopping.join('bob', id);
  await cluster.pass(500);
  owner.received.length = 0;
});

const handOver = (person: Person) => stopping.service.handOver(person.caller.sessionId);

describe('a member that was handed over', () => {
  test('[CONN-12][PRES-1] and comes back in time was never away: clients get no update', async () => {
    await Promise.all([handOver(alice), handOver(bob)]);
    await stopping.close();
    cluster.stop(stopping);
    await cluster.pass(2_000);
    const back = [await living.join('alice', id), await living.join('bob', id)];
    await cluster.pass(HANDOVER_MS + LISTENER_GRACE_MS + GRACE_MS);
    expect([eventTypes(owner), joinsAndLeaves(owner)]).toEqual([[], []]);
    expect((await cluster.state(id)).seats[3]?.occupant).toMatchObject({ userId: 'alice', awayUntil: null });
    await back[0]?.do('seat:leave', { roomId: id });
  });

  test('[CONN-12][PRES-1] and does not come back, while the node still lives, is dropped after the handover', async () => {
    await Promise.all([handOver(alice), handOver(bob)]);
    await cluster.pass(HANDOVER_MS - 500);
    expect(eventTypes(owner)).toEqual([]);
    await cluster.pass(1_000);
    expect(eventTypes(owner)).toEqual(['seat.away']);
    await cluster.pass(LISTENER_GRACE_MS);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[CONN-12][PRES-3] and does not come back, while the node is dead, is dropped by another node', async () => {
    await Promise.all([handOver(alice), handOver(bob)]);
    await stopping.close();
    cluster.stop(stopping);
    await cluster.pass(HANDOVER_MS - 1_000);
    expect(eventTypes(owner)).toEqual([]);
    await cluster.pass(2_000);
    expect(eventTypes(owner)).toEqual(['seat.away']);
    await cluster.pass(LISTENER_GRACE_MS);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
    await cluster.pass(GRACE_MS);
    expect(eventTypes(owner)).toEqual(['seat.away', 'seat.left']);
  });

  test('[CONN-12][PRES-3] is found when the node dies during the handover, although the room was passivated there', async () => {
    const room = aRoom();
    await owner.do('room:create', room);
    const carol = await stopping.join('carol', room.roomId);
    await handOver(carol);
    await cluster.pass(500);
    cluster.stop(stopping);
    await cluster.pass(7_000 + LISTENER_GRACE_MS);
    expect(await cluster.members(room.roomId)).toEqual(['owner']);
  });

  test('[CONN-12][CONN-13] and is revoked meanwhile is removed at once', async () => {
    await handOver(alice);
    const at = cluster.storeClock.now();
    await stopping.service.revoke({ userId: alice.caller.userId, sessions: new Set(), at });
    await cluster.pass(500);
    expect(await cluster.members(id)).toEqual(['bob', 'owner']);
    expect(eventTypes(owner)).toEqual(['seat.left']);
  });

  test('[CONN-12] by a node that stops during the join is a member all the same', async () => {
    const carol = stopping.connect('carol');
    // No connection is left for the answer.
    void carol.try('room:join', { roomId: id });
    await handOver(carol);
    await cluster.pass(500);
    expect(joinsAndLeaves(owner)).toEqual(['+carol']);
    await living.join('carol', id);
    await cluster.pass(HANDOVER_MS + LISTENER_GRACE_MS + 1_000);
    expect(joinsAndLeaves(owner)).toEqual(['+carol']);
  });
});

describe('a node that stops', () => {
  test('[CONN-12][PRES-1] leaves its graces to the other nodes: a listener that had dropped is removed in the end', async () => {
    await bob.disconnect();
    await stopping.close();
    cluster.stop(stopping);
    await cluster.pass(HANDOVER_MS + LISTENER_GRACE_MS + 2_000);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[CONN-12][ROOM-7] leaves rooms that only it held to the other nodes, and they close in their time', async () => {
    const room = aRoom({ emptyMs: 60_000 });
    const host = stopping.connect('host');
    await host.do('room:create', room);
    await host.do('room:leave', { roomId: room.roomId });
    await stopping.close();
    cluster.stop(stopping);
    await cluster.pass(HANDOVER_MS + 62_000);
    expect((await cluster.state(room.roomId)).closed).not.toBeNull();
  });

  test('[CONN-12] three nodes are replaced one after the other: clients notice nothing', async () => {
    let nodes = [stopping, living, cluster.start()];
    const people = new Map<string, Person>([
      ['alice', alice],
      ['bob', bob],
    ]);
    const watcher = owner;
    for (const old of [stopping, nodes[2] as RoomNode]) {
      nodes = nodes.filter((node) => node !== old);
      nodes.push(cluster.start());
      await cluster.pass(1_000);
      for (const [name, person] of people) {
        await old.service.handOver(person.caller.sessionId);
        await cluster.pass(500);
        people.set(name, await (nodes.at(-2) as RoomNode).join(name, id));
      }
      await old.close();
      cluster.stop(old);
      await cluster.pass(HANDOVER_MS + 1_000);
    }
    await cluster.pass(LISTENER_GRACE_MS + GRACE_MS);
    expect([eventTypes(watcher), joinsAndLeaves(watcher)]).toEqual([[], []]);
    expect((await cluster.state(id)).seats[3]?.occupant?.userId).toBe('alice');
  });
});
