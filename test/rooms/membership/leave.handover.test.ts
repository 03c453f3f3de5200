// A node goes away in good order: its connections are sent on, and for those who come back in time nothing has happened.
import { beforeEach, describe, expect, test } from 'vitest';
import { LISTENER_GRACE_MS } from '../../../src/rooms/membership/leave.ts';
import { HANDOVER_MS } from '../../../src/store/lease-store.ts';
import { aRoom, Cluster, comings, eventTypes, withAliceSeated } from '../../scenes/cluster-scene.ts';
import type { Person, RoomNode } from '../../support/room-node.ts';

const GRACE_MS = 45_000;

let cluster: Cluster;
let going: RoomNode;
let living: RoomNode;
let owner: Person;
let alice: Person;
let bob: Person;
let id: string;

beforeEach(async () => {
  cluster = new Cluster();
  [going, living] = [cluster.start(), cluster.start()];
  await cluster.pass(1_000);
  ({ id, owner, alice } = await withAliceSeated({ ownerOn: living, aliceOn: going }));
  bob = await going.join('bob', id);
  await cluster.pass(500);
  owner.heard.length = 0;
});

const move = (person: Person) => going.service.handOver(person.caller.sessionId);

describe('who was sent on', () => {
  test('[CONN-12][PRES-1] and comes back in time was never away, and neither left nor came', async () => {
    await Promise.all([move(alice), move(bob)]);
    await going.close();
    cluster.stop(going);
    await cluster.pass(2_000);
    const back = [await living.join('alice', id), await living.join('bob', id)];
    await cluster.pass(HANDOVER_MS + LISTENER_GRACE_MS + GRACE_MS);
    expect([eventTypes(owner), comings(owner)]).toEqual([[], []]);
    expect((await cluster.state(id)).seats[3]?.occupant).toMatchObject({ userId: 'alice', awayUntil: null });
    await back[0]?.do('seat:leave', { roomId: id });
  });

  test('[CONN-12][PRES-1] and does not come back while his node still lives was dropped, a little later', async () => {
    await Promise.all([move(alice), move(bob)]);
    await cluster.pass(HANDOVER_MS - 500);
    expect(eventTypes(owner)).toEqual([]);
    await cluster.pass(1_000);
    expect(eventTypes(owner)).toEqual(['seat.away']);
    await cluster.pass(LISTENER_GRACE_MS);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[CONN-12][PRES-3] and does not come back when his node is gone: others see to it', async () => {
    await Promise.all([move(alice), move(bob)]);
    await going.close();
    cluster.stop(going);
    await cluster.pass(HANDOVER_MS - 1_000);
    expect(eventTypes(owner)).toEqual([]);
    await cluster.pass(2_000);
    expect(eventTypes(owner)).toEqual(['seat.away']);
    await cluster.pass(LISTENER_GRACE_MS);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
    await cluster.pass(GRACE_MS);
    expect(eventTypes(owner)).toEqual(['seat.away', 'seat.left']);
  });

  test('[CONN-12][PRES-3] is found although his node held the room no more when it died in the middle of it', async () => {
    const room = aRoom();
    await owner.do('room:create', room);
    const carol = await going.join('carol', room.roomId);
    await move(carol);
    await cluster.pass(500);
    cluster.stop(going);
    await cluster.pass(7_000 + LISTENER_GRACE_MS);
    expect(await cluster.members(room.roomId)).toEqual(['owner']);
  });

  test('[CONN-12][CONN-13] and is revoked meanwhile is out at once', async () => {
    await move(alice);
    const at = cluster.storeClock.now();
    await going.service.revoke({ userId: alice.caller.userId, sessions: new Set(), at });
    await cluster.pass(500);
    expect(await cluster.members(id)).toEqual(['bob', 'owner']);
    expect(eventTypes(owner)).toEqual(['seat.left']);
  });

  test('[CONN-12] by a node that begins to go just when his join is on the way is a member all the same', async () => {
    const carol = going.connect('carol');
    // Nobody is there any more to hear the answer.
    void carol.try('room:join', { roomId: id });
    await move(carol);
    await cluster.pass(500);
    expect(comings(owner)).toEqual(['+carol']);
    await living.join('carol', id);
    await cluster.pass(HANDOVER_MS + LISTENER_GRACE_MS + 1_000);
    expect(comings(owner)).toEqual(['+carol']);
  });
});

describe('a node that goes', () => {
  test('[CONN-12][PRES-1] leaves graces that run to the others: a listener who had dropped is out in the end', async () => {
    await bob.disconnect();
    await going.close();
    cluster.stop(going);
    await cluster.pass(HANDOVER_MS + LISTENER_GRACE_MS + 2_000);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[CONN-12][ROOM-7] leaves rooms that only it held to the others, and they end in their time', async () => {
    const room = aRoom({ emptyMs: 60_000 });
    const host = going.connect('host');
    await host.do('room:create', room);
    await host.do('room:leave', { roomId: room.roomId });
    await going.close();
    cluster.stop(going);
    await cluster.pass(HANDOVER_MS + 62_000);
    expect((await cluster.state(room.roomId)).closed).not.toBeNull();
  });

  test('[CONN-12] three nodes are replaced one after the other: nobody sees anything of it', async () => {
    let nodes = [going, living, cluster.start()];
    const people = new Map<string, Person>([
      ['alice', alice],
      ['bob', bob],
    ]);
    const watcher = owner;
    for (const old of [going, nodes[2] as RoomNode]) {
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
    expect([eventTypes(watcher), comings(watcher)]).toEqual([[], []]);
    expect((await cluster.state(id)).seats[3]?.occupant?.userId).toBe('alice');
  });
});
