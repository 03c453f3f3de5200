// Memory engine of the list of nodes.
import type { Clock } from '../../ops/clock.ts';
import { byNodeId, NODE_ENTRY_TTL_MS, type NodeEntry, type NodeStore } from '../node-store.ts';

export class MemoryNodeStore implements NodeStore {
  readonly #nodes = new Map<string, { readonly node: NodeEntry; readonly at: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async announce(node: NodeEntry): Promise<void> {
    this.#nodes.set(node.nodeId, { node, at: this.#clock.now() });
  }

  async remove(nodeId: string): Promise<void> {
    this.#nodes.delete(nodeId);
  }

  async list(): Promise<readonly NodeEntry[]> {
    const oldest = this.#clock.now() - NODE_ENTRY_TTL_MS;
    return [...this.#nodes.values()]
      .filter(({ at }) => at > oldest)
      .map(({ node }) => node)
      .sort(byNodeId);
  }
}
