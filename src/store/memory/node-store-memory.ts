// Memory engine of the list of nodes.
import type { Clock } from '../../ops/clock.ts';
import { byNodeId, NODE_ENTRY_TTL_MS, type NodeEntry, type NodeStore } from '../node-store.ts';

export function memoryNodeStore(clock: Clock): NodeStore {
  const nodes = new Map<string, { readonly node: NodeEntry; readonly at: number }>();
  return {
    async announce(node) {
      nodes.set(node.nodeId, { node, at: clock.now() });
    },

    async remove(nodeId) {
      nodes.delete(nodeId);
    },

    async list() {
      const oldest = clock.now() - NODE_ENTRY_TTL_MS;
      const recent = [...nodes.values()].filter(({ at }) => at > oldest);
      return recent.map(({ node }) => node).sort(byNodeId);
    },
  };
}
