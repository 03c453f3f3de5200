// Which master of a Cluster has which slots, as far as this node knows.
import { SLOTS, slotOf } from './slots.ts';
import { addressText } from './topology.ts';

/** One line of CLUSTER SLOTS: first slot, last slot, its master [host, port, …], then replicas. */
export type SlotRange = readonly [number, number, readonly [string | null, number, ...unknown[]], ...unknown[]];

export class ClusterMap {
  #owners: (string | undefined)[] = new Array(SLOTS);
  /** One slot of each master. */
  #masters = new Map<string, number>();

  /** Takes a reply of CLUSTER SLOTS. A server that does not know its own name is at `host`, where it was asked. */
  take(ranges: readonly SlotRange[], host: string): void {
    const owners: (string | undefined)[] = new Array(SLOTS);
    const masters = new Map<string, number>();
    for (const [first, last, [name, port]] of ranges) {
      const master = addressText({ host: name || host, port });
      if (!masters.has(master)) masters.set(master, first);
      owners.fill(master, first, last + 1);
    }
    this.#owners = owners;
    this.#masters = masters;
  }

  /** Notes that a slot is at that master. */
  moved(slot: number, master: string): void {
    this.#owners[slot] = master;
    if (!this.#masters.has(master)) this.#masters.set(master, slot);
  }

  ownerOf(key: string): string | undefined {
    return this.#owners[slotOf(key)];
  }

  /** The masters by address, each with one of its slots. */
  get masters(): ReadonlyMap<string, number> {
    return this.#masters;
  }
}

/** The slots that a node is giving away, by its own line in CLUSTER NODES. */
export function slotsLeaving(nodes: string): number[] {
  const mine = nodes.split('\n').find((line) => /^\S+ \S+ \S*myself/.test(line)) ?? '';
  return [...mine.matchAll(/\[(\d+)->-/g)].map(([, slot]) => Number(slot));
}
