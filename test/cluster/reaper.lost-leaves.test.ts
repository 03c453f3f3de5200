// The store has lost a leave: no member without a connection stays behind.
import { beforeEach, expect, test } from 'vitest';
import { UNCLAIMED_GRACE_MS } from '../../src/cluster/reaper.ts';
import { LISTENER_GRACE_MS } from '../../src/rooms/membership/leave.ts';
import { aRoom, Cluster } from '../scenes/cluster-scene.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import type { Person, RoomNode } from '../support/room-node.ts';

const FOUND_WITHIN_MS = UNCLAIMED_GRACE_MS + LISTENER_GRACE_MS + 3_000;

let cluster: Cluster;
let link: Interposed;
let one: RoomNode;
let other: RoomNode;
let owner: Person;
let bob: Person;
let id: string;

beforeEach(async () => {
  cluster = new Cluster();
  link = interpose(cluster.engines);
  [one, other] = [cluster.start(link), cluster.start()];
  await cluster.pass(1_000);
  const room = aRoom();
  id = room.roomId;
  owner = one.connect('owner');
  await owner.do('room:create', room);
  bob = await other.join('bob', id);
  await cluster.pass(500);
});

test('[SYNC-4][PRES-5] the node of the member does not hold the room any more: the member is ended', async () => {
  const saved = cluster.engines.tables.checkpoint();
  await bob.do('room:leave', { roomId: id });
  await cluster.pass(500);
  expect(other.service.liveRoomCount).toBe(0);
  cluster.engines.tables.failOver(saved);
  link.interruptFeed();
  await cluster.pass(FOUND_WITHIN_MS);
  expect(await cluster.members(id)).toEqual(['owner']);
  expect(other.service.liveRoomCount).toBe(0);
});

test('[SYNC-4][PRES-5] no node holds the room: the member is ended when another user joins', async () => {
  const saved = cluster.engines.tables.checkpoint();
  await bob.do('room:leave', { roomId: id });
  await owner.do('room:close', { roomId: id });
  await cluster.pass(500);
  cluster.engines.tables.failOver(saved);
  const third = cluster.start();
  await cluster.pass(1_000);
  const joining = third.join('carol', id);
  await cluster.pass(2_000);
  await joining;
  await cluster.pass(FOUND_WITHIN_MS);
  expect(await cluster.members(id)).not.toContain('bob');
});

test('[SYNC-4][PRES-1] a member with a connection on another node stays', async () => {
  await bob.do('seat:take', { roomId: id, seat: 2 });
  const saved = cluster.engines.tables.checkpoint();
  cluster.engines.tables.failOver(saved);
  link.interruptFeed();
  await cluster.pass(FOUND_WITHIN_MS);
  expect(await cluster.members(id)).toEqual(['bob', 'owner']);
  await bob.do('seat:leave', { roomId: id });
});

test('[SYNC-4][PRES-1] the search for lost leaves does not restart a running grace', async () => {
  await bob.do('seat:take', { roomId: id, seat: 2 });
  await bob.disconnect();
  await cluster.pass(500);
  const { away } = await cluster.state(id);
  cluster.engines.tables.failOver(cluster.engines.tables.checkpoint());
  link.interruptFeed();
  await cluster.pass(FOUND_WITHIN_MS);
  expect((await cluster.state(id)).away).toEqual(away);
});
