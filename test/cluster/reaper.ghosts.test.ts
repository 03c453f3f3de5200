// A store that took over brings members back whose going it has lost: they are ended by whoever finds them, and nobody else is.
import { beforeEach, describe, expect, test } from 'vitest';
import { LISTENER_GRACE_MS } from '../../src/rooms/membership/leave.ts';
import { LEASE_MS } from '../../src/store/lease-store.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { aRoom, Cluster } from '../scenes/cluster-scene.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import type { RoomNode } from '../support/room-node.ts';
import { roomId } from '../support/stored-room.ts';

/** Settling, the time to enter again, and the look at who did not. */
const IN_ORDER_WITHIN_MS = 8_000;
const GRACE_MS = 45_000;
const MINUTE_MS = 60_000;
/** The first look of a node that has just started. */
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
 * The store's server fails; another takes over with what it was when this was called. Of a Redis Cluster it may be the one
 * that has the room, while another has what is known of nodes.
 */
function noted(whose: 'everything' | 'rooms' = 'everything'): () => void {
  const { tables, leases } = cluster.engines;
  const kept = { rooms: tables.checkpoint(), leases: structuredClone(leases.tables) };
  return () => {
    tables.failOver(kept.rooms);
    if (whose === 'everything') leases.failOver(kept.leases);
    for (const link of links) link.interruptFeed();
  };
}

/** A room that is open again, with members who went before it was closed; no node holds it, or is said to. */
async function aRoomThatCameBack(): Promise<string> {
  const third = cluster.start();
  await cluster.pass(2_000);
  const room = aRoom({ emptyMs: 0, ownerSeat: null });
  const host = third.connect('host');
  await host.do('room:create', room);
  const bob = await other.join('bob', room.roomId);
  await cluster.pass(500);
  const failOver = noted('rooms');
  await bob.do('room:leave', { roomId: room.roomId });
  await cluster.pass(500);
  // Its node alone knows that it was closed, and takes that along.
  await host.do('room:leave', { roomId: room.roomId });
  await cluster.pass(1_000);
  cluster.stop(third);
  failOver();
  await cluster.pass(IN_ORDER_WITHIN_MS);
  return room.roomId;
}

describe('a member of whom the store has what was before', () => {
  test('[SYNC-4] whose leave was lost is ended although his node lives, for it does not hold the room any more', async () => {
    const bob = await other.join('bob', id);
    await cluster.pass(500);
    const failOver = noted('rooms');
    await bob.do('room:leave', { roomId: id });
    await cluster.pass(500);
    expect(other.service.liveRoomCount).toBe(0);
    failOver();
    expect(await cluster.members(id)).toContain('bob');
    await cluster.pass(IN_ORDER_WITHIN_MS);
    expect(await cluster.members(id)).not.toContain('bob');
    expect(await cluster.members(id)).toContain('owner');
  });

  test('[SYNC-4] so is one who holds a seat: he has his grace, and then the seat is free', async () => {
    const bob = await other.join('bob', id);
    await bob.do('seat:take', { roomId: id, seat: 4 });
    await cluster.pass(500);
    const failOver = noted();
    await bob.do('room:leave', { roomId: id });
    await cluster.pass(500);
    failOver();
    await cluster.pass(IN_ORDER_WITHIN_MS + GRACE_MS + 1_000);
    expect((await cluster.state(id)).seats[4]?.occupant).toBeNull();
    expect(await cluster.members(id)).toEqual(['owner']);
  });

  test('[SYNC-4] so is the last one, in a room that nobody needs to hold any more', async () => {
    const room = aRoom({ emptyMs: 3_600_000 });
    const host = other.connect('host');
    await host.do('room:create', room);
    await cluster.pass(500);
    const failOver = noted();
    await host.do('room:leave', { roomId: room.roomId });
    await host.do('room:join', { roomId: id });
    failOver();
    await cluster.pass(IN_ORDER_WITHIN_MS + GRACE_MS + 1_000);
    expect(await cluster.members(room.roomId)).toEqual([]);
  });

  test('[SYNC-4][PRES-2] is ended with the grace that was lost, for the copy that wins has it', async () => {
    const bob = await other.join('bob', id);
    await bob.do('seat:take', { roomId: id, seat: 4 });
    await cluster.pass(500);
    const failOver = noted('rooms');
    cluster.stop(other);
    await cluster.pass(IN_ORDER_WITHIN_MS);
    expect(Object.keys((await cluster.state(id)).away)).toEqual(['bob']);
    // What the store has of him is from before it, and nobody looks after his node any more.
    failOver();
    await cluster.pass(GRACE_MS + IN_ORDER_WITHIN_MS);
    expect(await cluster.members(id)).toEqual(['owner']);
    expect((await cluster.state(id)).seats.every(({ occupant }) => occupant === null)).toBe(true);
  });

  test('[SYNC-4] is ended although a grace of his newer session runs', async () => {
    await other.join('dora', id);
    await other.join('bob', id);
    await cluster.pass(500);
    const failOver = noted();
    const again = await other.join('bob', id);
    links[1].beforeCommit(async () => failOver());
    await again.disconnect();
    await cluster.pass(IN_ORDER_WITHIN_MS + LISTENER_GRACE_MS + MINUTE_MS);
    expect(await cluster.members(id)).toEqual(['dora', 'owner']);
  });

  test('[SYNC-4] whose leave was lost is ended when the grace of another who waits there is over', async () => {
    const bob = await other.join('bob', id);
    const carol = await other.join('carol', id);
    await cluster.pass(500);
    const failOver = noted();
    await bob.do('room:leave', { roomId: id });
    await carol.disconnect();
    await cluster.pass(500);
    expect(other.service.liveRoomCount).toBe(0);
    failOver();
    await cluster.pass(LISTENER_GRACE_MS + IN_ORDER_WITHIN_MS);
    expect(await cluster.members(id)).toEqual(['owner']);
  });
});

describe('a member who is here', () => {
  test('[SYNC-4] is not ended because the store has lost that his node holds the room', async () => {
    const failOver = noted();
    const bob = await other.join('bob', id);
    await cluster.pass(500);
    failOver();
    const known = await cluster.engines.leases.holders(roomId(id), [other.service.nodeId]);
    expect([...known.values()]).toEqual(['unknown']);
    await cluster.pass(IN_ORDER_WITHIN_MS + LISTENER_GRACE_MS);
    expect(await cluster.members(id)).toEqual(['bob', 'owner']);
    expect(bob.heardOf('room:left')).toEqual([]);
  });

  test('[SYNC-4] nor while his node cannot tell which rooms it holds', async () => {
    const told = links[1].leases;
    let isTold = true;
    const list: typeof told.list = (...args) =>
      isTold ? told.list(...args) : Promise.reject(new StoreUnavailableError('not now'));
    const third = cluster.start({
      ...links[1],
      leases: Object.assign(Object.create(told), { list, renew: told.renew.bind(told), hold: told.hold.bind(told) }),
    });
    await cluster.pass(2_000);
    const failOver = noted();
    await third.join('bob', id);
    isTold = false;
    failOver();
    await cluster.pass(IN_ORDER_WITHIN_MS * 2);
    expect(await cluster.members(id)).toEqual(['bob', 'owner']);
    isTold = true;
    await cluster.pass(IN_ORDER_WITHIN_MS);
    expect(await cluster.members(id)).toEqual(['bob', 'owner']);
  });

  test('[SYNC-4] nor because it has lost that his node lives, while somebody looks after a dead one', async () => {
    cluster.stop(one);
    await cluster.pass(3_500);
    const { leases } = cluster.engines;
    const kept = structuredClone(leases.tables);
    const third = cluster.start();
    const bob = await third.join('bob', id);
    await cluster.pass(1_750);
    leases.failOver(kept);
    await cluster.pass(750);
    expect((await cluster.state(id)).away).toHaveProperty('owner');
    await cluster.pass(IN_ORDER_WITHIN_MS + LISTENER_GRACE_MS);
    expect(await cluster.members(id)).toContain('bob');
    expect(bob.heardOf('room:left')).toEqual([]);
  });

  test('[PRES-4] is told that he is not, when his node came forward too late', async () => {
    const own = interpose(cluster.engines);
    const { leases } = cluster.engines;
    let isCut = false;
    const renew: typeof leases.renew = (nodeId) =>
      isCut ? Promise.reject(new StoreUnavailableError('cut off')) : leases.renew(nodeId);
    cluster.stop(one);
    await cluster.pass(3_500);
    const kept = structuredClone(leases.tables);
    const third = cluster.start({ ...own, leases: Object.assign(Object.create(own.leases), { renew }) });
    const bob = await third.join('bob', id);
    await cluster.pass(1_750);
    leases.failOver(kept);
    isCut = true;
    await cluster.pass(LEASE_MS + LISTENER_GRACE_MS + 2_000);
    expect(await cluster.members(id)).not.toContain('bob');
    expect(bob.heardOf('room:left')).toEqual([]);
    isCut = false;
    await cluster.pass(3_000);
    expect(bob.heardOf('room:left')).toMatchObject([{ reason: 'disconnected' }]);
  });

  test('[PRES-3] keeps his grace while his node looks after the room of a dead one', async () => {
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

describe('a room that nobody holds', () => {
  test('[SYNC-4] is put in order by whoever opens it', async () => {
    const roomId = await aRoomThatCameBack();
    expect(await cluster.members(roomId)).toEqual(['bob', 'host']);
    const carol = one.join('carol', roomId);
    await cluster.pass(2_000);
    await carol;
    await cluster.pass(IN_ORDER_WITHIN_MS + GRACE_MS);
    expect(await cluster.members(roomId)).toEqual(['carol']);
  });

  test('[PRES-3] is found although nobody comes: its members go, and it ends', async () => {
    const roomId = await aRoomThatCameBack();
    expect(one.service.liveRoomCount + other.service.liveRoomCount).toBe(1);
    await cluster.pass(FOUND_WITHIN_MS + GRACE_MS);
    expect(await cluster.members(roomId)).toEqual([]);
    expect((await cluster.state(roomId)).closed).not.toBeNull();
  });

  test('[PRES-3] so is one whose node died, when the store has lost that it held the room', async () => {
    const third = cluster.start();
    await cluster.pass(2_000);
    const { tables, leases } = cluster.engines;
    const kept = structuredClone(leases.tables);
    const room = aRoom();
    await third.connect('alice').do('room:create', room);
    await cluster.pass(500);
    cluster.stop(third);
    tables.failOver(tables.checkpoint());
    leases.failOver(kept);
    await cluster.pass(FOUND_WITHIN_MS + GRACE_MS);
    expect(await cluster.members(room.roomId)).toEqual([]);
    expect((await cluster.state(room.roomId)).seats[0]?.occupant).toBeNull();
  });
});

describe('[PRES-3] looking for rooms that nobody holds', () => {
  test('one node does it, and leaves rooms alone that somebody holds', async () => {
    const claims: boolean[] = [];
    const adopted: number[] = [];
    const { scans, leases } = cluster.engines;
    const [claim, adopt] = [scans.claim.bind(scans), leases.claimOrphans.bind(leases)];
    scans.claim = async () => {
      claims.push(await claim());
      return claims.at(-1) ?? false;
    };
    leases.claimOrphans = async (rooms) => {
      adopted.push(await adopt(rooms));
      return adopted.at(-1) ?? 0;
    };
    await cluster.pass(FOUND_WITHIN_MS);
    expect(claims).toHaveLength(2);
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(adopted).toEqual([0]);
  });
});
