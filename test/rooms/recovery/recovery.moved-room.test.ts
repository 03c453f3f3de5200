// A room that has moved to another server of a Redis Cluster. The store knows at once that nothing was lost, so no
// command is refused meanwhile (SYNC-4).
import { beforeEach, expect, test } from 'vitest';
import type { RoomRecovery } from '../../../src/store/room-recovery.ts';
import { aRoom, Cluster } from '../../scenes/cluster-scene.ts';
import type { Person, RoomNode } from '../../support/room-node.ts';

let cluster: Cluster;
let node: RoomNode;
let owner: Person;
let alice: Person;
let id: string;

beforeEach(async () => {
  cluster = new Cluster();
  const { recovery } = cluster.engines;
  /** A store that need not wait for the offers of other nodes. */
  const certain: RoomRecovery = {
    async recover(roomId, offer) {
      const result = await recovery.recover(roomId, offer);
      if (result.status !== 'recovering') return result;
      await cluster.storeClock.advance(result.waitMs);
      return recovery.recover(roomId, null);
    },
  };
  node = cluster.start({ ...cluster.engines, recovery: certain });
  await cluster.pass(1_000);
  const room = aRoom();
  id = room.roomId;
  owner = node.connect('owner');
  await owner.do('room:create', room);
  alice = await node.join('alice', id);
  await cluster.pass(250);
  cluster.engines.tables.failOver(cluster.engines.tables.checkpoint());
});

test.each([
  ['seat:take', { seat: 3 }],
  ['message:send', { kind: 'chat', body: { text: 'hi' } }],
  ['signal:send', { to: 'owner', data: 1 }],
  ['room:leave', {}],
  ['room:sync', { epoch: 'x', version: 0 }],
] as const)('[SYNC-4] %s is carried out', async (name, payload) => {
  expect(await alice.refusal(name, { roomId: id, ...payload } as never)).toBeNull();
});

test('[SYNC-4] a join is carried out, and every member gets a snapshot with the new epoch', async () => {
  await node.join('bob', id);
  await cluster.pass(500);
  expect(await cluster.members(id)).toEqual(['alice', 'bob', 'owner']);
  expect(alice.payloadsOf('room:snapshot')).toHaveLength(1);
  expect(alice.payloadsOf('room:left')).toEqual([]);
});
