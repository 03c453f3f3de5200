// Contract: which nodes there are, as they say themselves. For operators; nothing is decided by it.

/** A node's own account of itself. */
export interface NodeEntry {
  readonly nodeId: string;
  readonly startedAt: number;
  readonly connections: number;
  /** Rooms that it holds. */
  readonly rooms: number;
}

/** How often a node says that it is there. */
export const NODE_ANNOUNCE_INTERVAL_MS = 5_000;
/** A node that has not been heard of for so long is not listed. */
export const NODE_ENTRY_TTL_MS = 15_000;

/** All methods throw StoreUnavailableError when the store does not answer. */
export interface NodeStore {
  announce(node: NodeEntry): Promise<void>;
  remove(nodeId: string): Promise<void>;
  /** The nodes heard of lately, by id. */
  list(): Promise<readonly NodeEntry[]>;
}

export const byNodeId = (a: NodeEntry, b: NodeEntry): number => (a.nodeId < b.nodeId ? -1 : 1);
