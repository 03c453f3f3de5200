// Contract: which nodes are alive, which rooms each of them serves, and which rooms some node has to look after.
//
// [L1] The store's clock judges everything. A node whose lease has ended goes on until it is declared dead. After that
//      it never comes back under that id.
// [L2] All rooms of a dead node become due. The store keeps the rooms that a node serves for longer than its lease.
// [L3] One node at a time claims a due room. If that node dies, another may claim the room after CLAIM_MS.
// [L4] What becomes due while a room is looked after stays due, because the node that looks did not see it.
// [L5] When no node could reach the store for AWAY_MS, the store was away, not the nodes. Then all leases begin again.
// [L6] The list of a node's rooms counts against the node only when it has listed all of them to the present server. A
//      server that took over may lack what was written to the one before. For the same reason a node that is in no list
//      need not be dead: it may live, until LEASE_MS after the first survey of that server.
// [L7] A node that finds a room which no node serves, and which is not due, can make it due.
import type { NodeId, RoomId } from '../protocol/ids.ts';

/** A node that did not renew its lease within this time may be declared dead. */
export const LEASE_MS = 5_000;
export const RENEW_INTERVAL_MS = 1_500;
/** How often each node looks for dead nodes and for due rooms. */
export const SURVEY_INTERVAL_MS = 500;
/** How long the members of a node that resigned may take to come back before they count as dropped. */
export const HANDOVER_MS = 10_000;
/** How long a node has to look after a room that it claimed. */
export const CLAIM_MS = 10_000;
/** Several nodes that survey every 500 ms are not all silent for this long, unless the store is away [L5]. */
export const AWAY_MS = 2_500;
/** How long a node's death and its time are remembered. A node in no list has been dead for longer, but see [L6]. */
export const DEAD_NODE_MEMORY_MS = 60 * 60_000;
/** How many rooms of dead nodes one survey makes due at most: ten thousand at once would block the store. */
export const HANDED_OVER_MAX = 1_000;

/** A room that this node has to look after now. */
export interface DueRoom {
  readonly roomId: RoomId;
  /** Tells this claim from later ones [L4]; store time, Unix milliseconds. */
  readonly claim: number;
}

/**
 * What became of a lease. `renewed`: it goes on. `unlisted`: it goes on, but the store may not know all rooms of the
 * node, until they come by list(). The node is new, or the store lost data. `dead`: the node was declared dead, and
 * needs another id.
 */
export type Renewal = 'renewed' | 'unlisted' | 'dead';

/** Whether a node serves a room; `unknown`: it has not listed all its rooms yet [L6]. */
export type Holding = 'yes' | 'no' | 'unknown';

export interface Survey {
  /** Nodes that died or resigned lately, and from when on their members count as dropped; store time. */
  readonly dead: ReadonlyMap<NodeId, number>;
  readonly live: ReadonlySet<NodeId>;
  /** The first survey of this server, store time. By LEASE_MS after it every live node has renewed its lease [L6]. */
  readonly since: number;
  readonly rooms: readonly DueRoom[];
}

/** All may be repeated. They throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface LeaseStore {
  renew(nodeId: NodeId): Promise<Renewal>;
  /** Called before the first join of a room on that node. Throws StoreUnavailableError when the node is dead. */
  hold(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void>;
  release(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void>;
  /**
   * The node serves these rooms and no others [L6]. Other rooms that it was known to serve become due now. Throws
   * StoreUnavailableError when the node is dead.
   */
  list(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void>;
  /** Whether each of these nodes serves that room. */
  holders(roomId: RoomId, nodeIds: readonly NodeId[]): Promise<ReadonlyMap<NodeId, Holding>>;
  /** Makes those of these rooms due that no node serves and that are not due yet [L7]. Returns how many. */
  claimOrphans(roomIds: readonly RoomId[]): Promise<number>;
  /** Declares nodes dead whose lease has ended, and claims up to `limit` due rooms. */
  survey(options: { readonly limit: number }): Promise<Survey>;
  /** Ends a claim. `againAt`: when to look at the room again, store time; null: nothing is left to do. */
  reaped(room: DueRoom, againAt: number | null): Promise<void>;
  /** Ends the lease when the node stops in good order: its members have HANDOVER_MS to come back on other nodes. */
  resign(nodeId: NodeId): Promise<void>;
}
