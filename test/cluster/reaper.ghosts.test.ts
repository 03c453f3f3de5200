// After a failover the store may list members that had left. The node that finds them ends these members, and no
// others.
import { beforeEach, describe, expect, test } from 'vitest';
import { LISTENER_GRACE_MS } from '../../src/rooms/membership/leave.ts';
import { LEASE_MS } from '../../src/store/lease-store.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { aRoom, Cluster } from '../scenes/cluster-scene.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import type { RoomNode } from '../support/room-node.ts';
import { roomId } from '../support/stored-room.ts';

/** Recovery, the time to enter again, and the look for members that did not. */
const REPAIRED_WITHIN_MS = 8_000;
const GRACE_MS = 45_000;
const MINUTE_MS = 60_000;
/** The first orphan scan of a node that has just started. */
const FOUND_WITHIN_MS = 95_000;

let cluster: Cluster;
let links: [Interposed, Interposed];
let one: RoomNode;
let other: RoomNode;
let id: string;

beforeEach(async () => {
  cluster = new Cluster();
  links = [interpose(cluster.engines), interpose(cluster.engines)];
  [one, other] = [cluster.start(links[0]), cluster.start(links[1])];
  await cluster.pass(1_000);
  const room = aRoom({ emptyMs: 3_600_000 });
  id = room.roomId;
  await one.connect('owner').do('room:create', room);
  await cluster.pass(500);
});

/**
 * Takes a checkpoint; the returned function fails over to it. In a Redis Cluster the server of the rooms may fail over
 * alone, while another server keeps the leases.
 */
function checkpoint(what: 'everything' | 'rooms' = 'everything'): () => void {
  const { tables, leases } = cluster.engines;
  const saved = { rooms: tables.checkpoint(), leases: structuredClone(leases.tables) };
  return () => {
    tables.failOver(saved.rooms);
    if (what === 'everything') leases.failOver(saved.leases);
    for (const link of links) link.interruptFeed();
  };
}

/**
 * A closed room that is open again, with members that had left before. No node holds it, nor does the store think so.
 */
async function reopenedOrphan(): Promise<string> {
  const third = cluster.start();
  await cluster.pass(2_000);
  const room = aRoom({ emptyMs: 0, ownerSeat: null });
  const host = third.connect('host');
  await host.do('room:create', room);
  const bob = await other.join('bob', room.roomId);
  await cluster.pass(500);
  const failOver = checkpoint('rooms');
  await bob.do('room:leave', { roomId: room.roomId });
  await cluster.pass(500);
  // Only this node knows that the room was closed, and it dies.
  await host.do('room:leave', { roomId: room.roomId });
  await cluster.pass(1_000);
  cluster.stop(third);
  failOver();
  await cluster.pass(REPAIRED_WITHIN_MS);
  return room.roomId;
}

describe('a member in an older copy of the store', () => {
  test('[SYNC-4] that had left is ended although the node lives, for it does not hold the room any more', async () => {
    const bob = await other.join('bob', id);
    await cluster.pass(500);
    const failOver = checkpoint('rooms');
    await bob.do('room:leave', { roomId: id });
    await cluster.pass(500);
    expect(other.service.liveRoomCount).toBe(0);
    failOver();
    expect(await cluster.members(id)).toContain('bob');
    await cluster.pass(REPAIRED_WITHIN_MS);
    expect(await cluster.members(id)).not.toContain('bob');
    expect(await cluster.members(id)).toContain('owner');
  });

  test('[SYNC-4] with a seat has a grace, and then the seat is free', async () => {
    const bob = await other.join('bob', id);
    await bob.do('seat:take', { roomId: id, seat: 4 });
    await cluster.pass(500);
    const failOver = checkpoint();
    await bob.do('room:leave', { roomId: id });
    await cluster.pass(500);
    failOver();
    await cluster.pass(REPAIRED_WITHIN_MS + GRACE_MS + 1_000);
    expect((await cluster.state(id)).seats[4]?.occupant).toBeNull();
    expect(await cluster.members(id)).toEqual(['owner']);
  });

  test('[SYNC-4] that was the last one is ended, although no node needs the room any more', async () => {
    const room = aRoom({ emptyMs: 3_600_000 });
    const host = other.connect('host');
    await host.do('room:create', room);
    await cluster.pass(500);
    const failOver = checkpoint();
    await host.do('room:leave', { roomId: room.roomId });
    await host.do('room:join', { roomId: id });
    failOver();
    await cluster.pass(REPAIRED_WITHIN_MS + GRACE_MS + 1_000);
    expect(await cluster.members(room.roomId)).toEqual([]);
  });

  test('[SYNC-4][PRES-2] is ended with the lost grace, which is in the copy that recovery chooses', async () => {
    const bob = await other.join('bob', id);
    await bob.do('seat:take', { roomId: id, seat: 4 });
    await cluster.pass(500);
    const failOver = checkpoint('rooms');
    cluster.stop(other);
    await cluster.pass(REPAIRED_WITHIN_MS);
    expect(Object.keys((await cluster.state(id)).away)).toEqual(['bob']);
    // The store's record of bob is older than the grace, and no node looks after the dead node any more.
    failOver();
    await cluster.pass(GRACE_MS + REPAIRED_WITHIN_MS);
    expect(await cluster.members(id)).toEqual(['owner']);
    expect((await cluster.state(id)).seats.every(({ occupant }) => occupant === null)).toBe(true);
  });

  test('[SYNC-4] is ended although a grace of a newer session runs', async () => {
    await other.join('dora', id);
    await other.join('bob', id);
    await cluster.pass(500);
    const failOver = checkpoint();
    const again = await other.join('bob', id);
    links[1].beforeCommit(async () => failOver());
    await again.disconnect();
    await cluster.pass(REPAIRED_WITHIN_MS + LISTENER_GRACE_MS + MINUTE_MS);
    expect(await cluster.members(id)).toEqual(['dora', 'owner']);
  });

  test('[SYNC-4] that had left is ended when the grace of another member on that node is over', async () => {
    const bob = await other.join('bob', id);
    const carol = await other.join('carol', id);
    await cluster.pass(500);
    const failOver = checkpoint();
    await bob.do('room:leave', { roomId: id });
    await carol.disconnect();
    await cluster.pass(500);
    expect(other.service.liveRoomCount).toBe(0);
    failOver();
    await cluster.pass(LISTENER_GRACE_MS + REPAIRED_WITHIN_MS);
    expect(await cluster.members(id)).toEqual(['owner']);
  });
});

describe('a member that is connected', () => {
  test('[SYNC-4] is not ended when the store has lost that the node holds the room', async () => {
    const failOver = checkpoint();
    const bob = await other.join('bob', id);
    await cluster.pass(500);
    failOver();
    const known = await cluster.engines.leases.holders(roomId(id), [other.service.nodeId]);
    expect([...known.values()]).toEqual(['unknown']);
    await cluster.pass(REPAIRED_WITHIN_MS + LISTENER_GRACE_MS);
    expect(await cluster.members(id)).toEqual(['bob', 'owner']);
    expect(bob.payloadsOf('room:left')).toEqual([]);
  });

  test('[SYNC-4] is not ended while the node cannot list its rooms', async () => {
    const { leases } = links[1];
    let canList = true;
    const list: typeof leases.list = (...args) =>
      canList ? leases.list(...args) : Promise.reject(new StoreUnavailableError('not now'));
    const third = cluster.start({
      ...links[1],
      leases: Object.assign(Object.create(leases), {
        list,
        renew: leases.renew.bind(leases),
        hold: leases.hold.bind(leases),
      }),
    });
    await cluster.pass(2_000);
    const failOver = checkpoint();
    await third.join('bob', id);
    canList = false;
    failOver();
    await cluster.pass(REPAIRED_WITHIN_MS * 2);
    expect(await cluster.members(id)).toEqual(['bob', 'owner']);
    canList = true;
    await cluster.pass(REPAIRED_WITHIN_MS);
    expect(await cluster.members(id)).toEqual(['bob', 'owner']);
  });

  test('[SYNC-4] is not ended when the store has lost the lease of the node, while another node looks after a dead one', async () => {
    cluster.stop(one);
    await cluster.pass(3_500);
    const { leases } = cluster.engines;
    const saved = structuredClone(leases.tables);
    const third = cluster.start();
    const bob = await third.join('bob', id);
    await cluster.pass(1_750);
    leases.failOver(saved);
    await cluster.pass(750);
    expect((await cluster.state(id)).away).toHaveProperty('owner');
    await cluster.pass(REPAIRED_WITHIN_MS + LISTENER_GRACE_MS);
    expect(await cluster.members(id)).toContain('bob');
    expect(bob.payloadsOf('room:left')).toEqual([]);
  });

  test('[PRES-4] gets `room:left` when the node registers again too late', async () => {
    const own = interpose(cluster.engines);
    const { leases } = cluster.engines;
    let isCut = false;
    const renew: typeof leases.renew = (nodeId) =>
      isCut ? Promise.reject(new StoreUnavailableError('cut off')) : leases.renew(nodeId);
    cluster.stop(one);
    await cluster.pass(3_500);
    const saved = structuredClone(leases.tables);
    const third = cluster.start({ ...own, leases: Object.assign(Object.create(own.leases), { renew }) });
    const bob = await third.join('bob', id);
    await cluster.pass(1_750);
    leases.failOver(saved);
    isCut = true;
    await cluster.pass(LEASE_MS + LISTENER_GRACE_MS + 2_000);
    expect(await cluster.members(id)).not.toContain('bob');
    expect(bob.payloadsOf('room:left')).toEqual([]);
    isCut = false;
    await cluster.pass(3_000);
    expect(bob.payloadsOf('room:left')).toMatchObject([{ reason: 'disconnected' }]);
  });

  test('[PRES-3] keeps the grace while the node looks after the room of a dead one', async () => {
    const third = cluster.start();
    await cluster.pass(2_000);
    const room = aRoom({ emptyMs: 3_600_000 });
    await third.connect('owner').do('room:create', room);
    const bob = await other.join('bob', room.roomId);
    await cluster.pass(500);
    cluster.stop(third);
    cluster.stop(one);
    await cluster.pass(2_000);
    await bob.disconnect();
    await cluster.pass(LISTENER_GRACE_MS - 1_000);
    expect((await cluster.state(room.roomId)).away).toHaveProperty('owner');
    expect(await cluster.members(room.roomId)).toContain('bob');
    await cluster.pass(5_000);
    expect(await cluster.members(room.roomId)).not.toContain('bob');
  });
});

describe('a room that no node holds', () => {
  test('[SYNC-4] is repaired by the node that activates it', async () => {
    const roomId = await reopenedOrphan();
    expect(await cluster.members(roomId)).toEqual(['bob', 'host']);
    const carol = one.join('carol', roomId);
    await cluster.pass(2_000);
    await carol;
    await cluster.pass(REPAIRED_WITHIN_MS + GRACE_MS);
    expect(await cluster.members(roomId)).toEqual(['carol']);
  });

  test('[PRES-3] is found without a visitor: its members are ended, and it closes', async () => {
    const roomId = await reopenedOrphan();
    expect(one.service.liveRoomCount + other.service.liveRoomCount).toBe(1);
    await cluster.pass(FOUND_WITHIN_MS + GRACE_MS);
    expect(await cluster.members(roomId)).toEqual([]);
    expect((await cluster.state(roomId)).closed).not.toBeNull();
  });

  test('[PRES-3] is found when its node died and the store has lost that it held the room', async () => {
    const third = cluster.start();
    await cluster.pass(2_000);
    const { tables, leases } = cluster.engines;
    const saved = structuredClone(leases.tables);
    const room = aRoom();
    await third.connect('alice').do('room:create', room);
    await cluster.pass(500);
    cluster.stop(third);
    tables.failOver(tables.checkpoint());
    leases.failOver(saved);
    await cluster.pass(FOUND_WITHIN_MS + GRACE_MS);
    expect(await cluster.members(room.roomId)).toEqual([]);
    expect((await cluster.state(room.roomId)).seats[0]?.occupant).toBeNull();
  });
});

describe('[PRES-3] the orphan scan', () => {
  test('runs on one node, and does not touch rooms that a node holds', async () => {
    const claims: boolean[] = [];
    const claimed: number[] = [];
    const { scans, leases } = cluster.engines;
    const [claim, claimOrphans] = [scans.claim.bind(scans), leases.claimOrphans.bind(leases)];
    scans.claim = async () => {
      claims.push(await claim());
      return claims.at(-1) ?? false;
    };
    leases.claimOrphans = async (rooms) => {
      claimed.push(await claimOrphans(rooms));
      return claimed.at(-1) ?? 0;
    };
    await cluster.pass(FOUND_WITHIN_MS);
    expect(claims).toHaveLength(2);
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(claimed).toEqual([0]);
  });
});
