// Contract: the list of nodes, as they describe themselves. It is for operators; no decision depends on it.

/** How a node describes itself. */
export interface NodeEntry {
  readonly nodeId: string;
  readonly startedAt: number;
  readonly connections: number;
  /** How many rooms it serves. */
  readonly rooms: number;
}

/** How often a node announces itself. */
export const NODE_ANNOUNCE_INTERVAL_MS = 5_000;
/** A node that did not announce itself within this time is not listed. */
export const NODE_ENTRY_TTL_MS = 15_000;

/** All methods throw StoreUnavailableError when the store does not answer. */
export interface NodeStore {
  announce(node: NodeEntry): Promise<void>;
  remove(nodeId: string): Promise<void>;
  /** The nodes that announced themselves lately, by id. */
  list(): Promise<readonly NodeEntry[]>;
}

export const byNodeId = (a: NodeEntry, b: NodeEntry): number => (a.nodeId < b.nodeId ? -1 : 1);
