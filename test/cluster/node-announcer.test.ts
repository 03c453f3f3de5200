// The announcements of a node: at the start, every few seconds, never after the stop.
import { expect, test } from 'vitest';
import { NodeAnnouncer } from '../../src/cluster/node-announcer.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { NODE_ANNOUNCE_INTERVAL_MS, type NodeEntry, type NodeStore } from '../../src/store/node-store.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { ManualClock } from '../support/manual-clock.ts';

function aNode(announce: (node: NodeEntry) => Promise<void> = async () => undefined) {
  const clock = new ManualClock();
  const calls: string[] = [];
  const nodes: NodeStore = {
    announce(node) {
      calls.push(`announce ${node.nodeId} ${node.rooms}`);
      return announce(node);
    },
    remove: async (nodeId) => void calls.push(`remove ${nodeId}`),
    list: async () => [],
  };
  let rooms = 0;
  const describe = () => ({ nodeId: 'one', startedAt: 0, connections: 0, rooms: rooms++ });
  return { clock, calls, announcer: new NodeAnnouncer({ nodes, clock, logger: createLogger('silent') }, describe) };
}

test('[HTTP-7] a node announces what it has to do at the start and every few seconds, and removes itself at the end', async () => {
  const { clock, calls, announcer } = aNode();
  await announcer.start();
  await clock.advance(2 * NODE_ANNOUNCE_INTERVAL_MS);
  await announcer.stop();
  await clock.advance(2 * NODE_ANNOUNCE_INTERVAL_MS);
  expect(calls).toEqual(['announce one 0', 'announce one 1', 'announce one 2', 'remove one']);
});

test('[HTTP-7] a store that does not answer stops neither the node nor the announcements', async () => {
  const { clock, calls, announcer } = aNode(() => Promise.reject(new StoreUnavailableError('away')));
  await announcer.start();
  await clock.advance(NODE_ANNOUNCE_INTERVAL_MS);
  expect(calls).toHaveLength(2);
  await announcer.stop();
});
