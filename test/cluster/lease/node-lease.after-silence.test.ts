// The store or the node was silent for a while. Afterwards the node works as before, and holds no room forever.
import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../src/store/store-errors.ts';
import { aRoom, Cluster } from '../../scenes/cluster-scene.ts';
import { interpose } from '../../support/interposed.ts';

const MINUTE_MS = 60_000;

test('[SYNC-4] a node that was stopped for 15 minutes may offer its rooms again once it has read them', async () => {
  const cluster = new Cluster();
  const seam = interpose(cluster.engines);
  const node = cluster.start(seam);
  await cluster.pass(1_000);
  const room = aRoom();
  const { roomId } = room;
  await node.connect('owner').do('room:create', room);
  const alice = await node.join('alice', roomId);
  await alice.do('seat:take', { roomId, seat: 3 });
  const wake = cluster.stop(node);
  await cluster.pass(15 * MINUTE_MS);
  wake();
  await cluster.pass(MINUTE_MS);
  cluster.engines.tables.failOver();
  seam.interruptFeed();
  await cluster.pass(5_000);
  expect(alice.payloadsOf('room:left')).toEqual([]);
  await alice.do('seat:move', { roomId, seat: 5 });
});

test('[ROOM-7] a room that nobody needs is passivated, although the store did not answer at first', async () => {
  const cluster = new Cluster();
  const { presence } = interpose(cluster.engines);
  let isAway = false;
  const count: typeof presence.count = (roomId) =>
    isAway ? Promise.reject(new StoreUnavailableError('away')) : presence.count(roomId);
  const [node, other] = [cluster.start({ ...cluster.engines, presence: { ...presence, count } }), cluster.start()];
  await cluster.pass(1_000);
  const room = aRoom();
  await other.connect('owner').do('room:create', room);
  const alice = await node.join('alice', room.roomId);
  isAway = true;
  await alice.do('room:leave', { roomId: room.roomId });
  await cluster.pass(1_000);
  expect(node.service.liveRoomCount).toBe(1);
  isAway = false;
  await cluster.pass(10_000);
  expect(node.service.liveRoomCount).toBe(0);
});
