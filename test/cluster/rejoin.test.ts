// A node was paused for longer than its lease and goes on: it has another id, and its connected members enter again.
import { beforeEach, describe, expect, test } from 'vitest';
import { LISTENER_GRACE_MS } from '../../src/rooms/membership/leave.ts';
import { LEASE_MS } from '../../src/store/lease-store.ts';
import { Cluster, eventTypes, loseJoins, withAliceSeated } from '../scenes/cluster-scene.ts';
import { aGate } from '../support/gate.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import type { Person, RoomNode } from '../support/room-node.ts';

const BEYOND_LEASE_MS = LEASE_MS + 3_000;

let cluster: Cluster;
let seam: Interposed;
let paused: RoomNode;
let living: RoomNode;
let owner: Person;
let alice: Person;
let id: string;

beforeEach(async () => {
  cluster = new Cluster();
  seam = interpose(cluster.engines);
  [paused, living] = [cluster.start(seam), cluster.start()];
  await cluster.pass(1_000);
  ({ id, owner, alice } = await withAliceSeated({ ownerOn: living, aliceOn: paused }));
  await cluster.pass(250);
});

/** Pauses the node for that time and lets it go on. */
async function pauseFor(byMs: number, meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
  const resume = cluster.stop(paused);
  await cluster.pass(byMs);
  await meanwhile();
  resume();
  await cluster.pass(2_000);
}

describe('a node that lost its lease', () => {
  test('[PRES-3] has another id, under which its members are in again, with their seats', async () => {
    const before = paused.service.nodeId;
    await pauseFor(BEYOND_LEASE_MS);
    expect(paused.service.nodeId).not.toBe(before);
    expect(eventTypes(owner)).toEqual(['seat.taken', 'seat.away', 'seat.back']);
    expect((await cluster.member(id, 'alice'))?.nodeId).toBe(paused.service.nodeId);
    const [snapshot] = alice.payloadsOf('room:snapshot');
    expect(snapshot).toMatchObject({ room: { roomId: id }, you: { seat: 3 } });
    expect(alice.payloadsOf('rtc:grant').at(-1)).toMatchObject({ role: 'publisher', reason: 'renewal' });
    expect(alice.payloadsOf('room:left')).toEqual([]);
    await alice.do('seat:leave', { roomId: id });
  });

  test('[PRES-3] keeps its id and all members after a shorter pause', async () => {
    const before = paused.service.nodeId;
    await pauseFor(3_000);
    expect(paused.service.nodeId).toBe(before);
    expect([eventTypes(owner), alice.payloadsOf('room:snapshot')]).toEqual([['seat.taken'], []]);
    await alice.do('seat:leave', { roomId: id });
  });

  test('[PRES-3][PRES-4] does not take its own session for a newer one when the reply was lost', async () => {
    loseJoins(seam, 1);
    await pauseFor(BEYOND_LEASE_MS);
    await cluster.pass(2_000);
    expect(alice.payloadsOf('room:left')).toEqual([]);
    expect((await cluster.member(id, 'alice'))?.nodeId).toBe(paused.service.nodeId);
    await alice.do('seat:leave', { roomId: id });
  });

  test('[PRES-3] does not remove members that are about to enter again, when a possible gap in the feed comes first', async () => {
    const bob = await paused.join('bob', id);
    const resume = cluster.stop(paused);
    await cluster.pass(LEASE_MS + LISTENER_GRACE_MS + 2_000);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
    resume();
    seam.interruptFeed();
    await cluster.pass(4_000);
    expect(bob.payloadsOf('room:left')).toEqual([]);
    expect(await cluster.members(id)).toEqual(['alice', 'bob', 'owner']);
  });

  test('[PRES-3] lets in listeners that had been removed', async () => {
    const bob = await paused.join('bob', id);
    await pauseFor(LEASE_MS + LISTENER_GRACE_MS + 2_000, async () => {
      expect(await cluster.members(id)).toEqual(['alice', 'owner']);
    });
    expect(await cluster.members(id)).toEqual(['alice', 'bob', 'owner']);
    await bob.do('seat:take', { roomId: id, seat: 5 });
  });

  test('[PRES-3][PRES-4] does not replace a session that began on another node meanwhile', async () => {
    let again = alice;
    await pauseFor(BEYOND_LEASE_MS, async () => {
      // The news about it has not arrived yet.
      seam.loseNews(5);
      again = await living.join('alice', id);
    });
    expect(alice.payloadsOf('room:left')).toEqual([{ roomId: id, reason: 'replaced' }]);
    expect((await cluster.member(id, 'alice'))?.nodeId).toBe(living.service.nodeId);
    await again.do('seat:leave', { roomId: id });
  });

  test('[PRES-3] gives the reason to members that may not enter again', async () => {
    const bob = await paused.join('bob', id);
    const carol = await paused.join('carol', id);
    await pauseFor(LEASE_MS + LISTENER_GRACE_MS + 2_000, async () => {
      await owner.do('member:ban', { roomId: id, userId: 'bob' });
      await owner.do('room:update', { roomId: id, capacity: 2 });
    });
    expect(bob.payloadsOf('room:left')).toMatchObject([{ roomId: id, reason: 'banned' }]);
    expect(carol.payloadsOf('room:left')).toEqual([{ roomId: id, reason: 'disconnected' }]);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[PRES-3][ROOM-2] does not ask for the password again', async () => {
    await owner.do('room:update', { roomId: id, password: 'secret' });
    await pauseFor(BEYOND_LEASE_MS);
    expect((await cluster.member(id, 'alice'))?.nodeId).toBe(paused.service.nodeId);
  });

  test('[PRES-3] sends only the farewell for a room that was closed meanwhile', async () => {
    await pauseFor(BEYOND_LEASE_MS, () => owner.do('room:close', { roomId: id }));
    expect(alice.payloadsOf('room:left')).toEqual([{ roomId: id, reason: 'roomClosed', by: 'owner' }]);
    expect(alice.payloadsOf('room:snapshot')).toEqual([]);
  });

  test('[PRES-3][ACK-4] answers UNAVAILABLE until all members are in', async () => {
    let letIn = () => undefined as unknown;
    seam.beforeJoin(
      () =>
        new Promise((resolve) => {
          letIn = () => resolve(undefined);
        }),
    );
    await pauseFor(BEYOND_LEASE_MS);
    expect(await alice.refusal('seat:leave', { roomId: id })).toBe('UNAVAILABLE');
    letIn();
    await cluster.pass(250);
    expect(await alice.refusal('seat:leave', { roomId: id })).toBeNull();
  });

  test('[PRES-3] holds its rooms under the new id: when it dies for good they are found', async () => {
    await pauseFor(BEYOND_LEASE_MS);
    cluster.stop(paused);
    await cluster.pass(7_000);
    expect(eventTypes(owner).slice(3)).toEqual(['seat.away']);
  });

  test('[PRES-3] a member whose connection ends meanwhile goes into the grace', async () => {
    seam.beforeJoin(() => alice.disconnect());
    await pauseFor(BEYOND_LEASE_MS);
    await cluster.pass(500);
    expect(Object.keys((await cluster.state(id)).away)).toEqual(['alice']);
    await living.join('alice', id);
    expect((await cluster.state(id)).away).toEqual({});
  });

  test('[PRES-3] enters again also after a pause that is longer than nodes remember a dead one', async () => {
    await paused.join('bob', id);
    const before = paused.service.nodeId;
    await pauseFor(2 * 60 * 60_000);
    expect(paused.service.nodeId).not.toBe(before);
    // Alice's grace is over, and the client got `room:left`: it joins again by itself.
    expect([await cluster.members(id), alice.payloadsOf('room:left').length]).toEqual([['bob', 'owner'], 1]);
  });
});

describe('a member that leaves during the rejoin after the store lost the session', () => {
  test.each(['before', 'meanwhile'] as const)('[ROOM-3][PRES-3] is removed and stays so: asked %s', async (when) => {
    const dave = await paused.join('dave', id);
    const gate = aGate();
    seam.beforeLeave(() => gate.opened);
    let leaving: Promise<unknown> | null = null;
    const leave = async () => {
      leaving = dave.do('room:leave', { roomId: id });
    };
    if (when === 'before') await leave();
    else seam.beforeJoin(leave);
    cluster.engines.tables.failOver();
    seam.interruptFeed();
    await cluster.pass(5_000);
    expect(leaving).not.toBeNull();
    gate.open();
    await leaving;
    await cluster.pass(2 * LISTENER_GRACE_MS);
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
    expect(dave.payloadsOf('room:left')).toEqual([]);
  });
});
