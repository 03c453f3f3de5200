// Contract: which nodes are alive, which rooms each of them holds, and which rooms somebody has to look after. Must not
// know what is in a room.
//
// [L1] All is judged by the store's clock. A node whose lease has ended goes on as long as nobody has declared it gone;
//      once it was, it never comes back under that id.
// [L2] The rooms of a node that is gone become due, all of them: what it holds is kept as long as its lease, and longer.
// [L3] A due room is claimed by one node at a time. Who claimed it and died is followed by another after CLAIM_MS.
// [L4] What becomes due while a room is looked after stays due: whoever looked did not see it.
// [L5] When nobody could ask the store for AWAY_MS, it was away, not the nodes: all leases begin anew.
// [L6] What the store has of a node's rooms counts against it only once the node has told all of them to the store as it is
//      now: a server that took over may lack what was told to the one before.
//      For the same reason a node in no list need not be gone: until LEASE_MS after that server was first asked it may live.
// [L7] A room that no node holds and nobody is to look after can be made due by whoever finds it.
import type { NodeId, RoomId } from '../protocol/ids.ts';

/** A node that did not renew for so long may be declared gone. */
export const LEASE_MS = 5_000;
export const RENEW_INTERVAL_MS = 1_500;
/** How often each node looks for others that are gone, and for rooms that are due. */
export const SURVEY_INTERVAL_MS = 500;
/** How long the members of a node that resigned may take to come back before they count as dropped. */
export const HANDOVER_MS = 10_000;
/** How long a node has to look after a room that it claimed. */
export const CLAIM_MS = 10_000;
/** Several nodes that survey each 500 ms are not all silent for so long, unless the store is away [L5]. */
export const AWAY_MS = 2_500;
/** How long it is remembered that, and when, a node went; who is in no list has been gone for longer, but see [L6]. */
export const DEAD_NODE_MEMORY_MS = 60 * 60_000;
/** So many rooms of nodes that are gone are made due by one survey at most: the store does not wait for ten thousand. */
export const HANDED_OVER_MAX = 1_000;

/** A room that this node has to look after now. */
export interface DueRoom {
  readonly roomId: RoomId;
  /** Tells this claim from later ones [L4]; store time, Unix milliseconds. */
  readonly claim: number;
}

/** Whether a node holds a room; `unknown`: it has not told all its rooms yet [L6]. */
export type Holding = 'holds' | 'not' | 'unknown';

export interface Survey {
  /** Nodes that died or resigned lately, and from when on their members count as dropped; store time. */
  readonly dead: ReadonlyMap<NodeId, number>;
  readonly live: ReadonlySet<NodeId>;
  /** When this server was first asked, store time: who lives has had himself known by LEASE_MS after that [L6]. */
  readonly since: number;
  readonly rooms: readonly DueRoom[];
}

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer; all may be repeated. */
export interface LeaseStore {
  /**
   * `held`: it goes on. `anew`: the store may not know all rooms of this node, for the first time or because it lost
   * data: until they are told by list(). `lost`: it was declared gone, and needs another id.
   */
  renew(nodeId: NodeId): Promise<'held' | 'anew' | 'lost'>;
  /** Before the first join of a room on that node. Throws StoreUnavailableError when the node is gone. */
  hold(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void>;
  release(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void>;
  /**
   * These rooms the node holds, and no others [L6]; of what it was said to hold besides, the rooms become due now. Throws
   * StoreUnavailableError when the node is gone.
   */
  list(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void>;
  /** What is known of each of these nodes about that room. */
  holders(roomId: RoomId, nodeIds: readonly NodeId[]): Promise<ReadonlyMap<NodeId, Holding>>;
  /** Of these rooms, those that no node holds and nobody is to look after become due now. Returns how many. */
  claimOrphans(roomIds: readonly RoomId[]): Promise<number>;
  /** Declares nodes gone whose lease has ended, and claims up to `limit` rooms that are due. */
  survey(options: { readonly limit: number }): Promise<Survey>;
  /** The claimed room has to be looked at again then, store time; null: nothing is left to do. */
  reaped(room: DueRoom, againAt: number | null): Promise<void>;
  /** Ends the lease in good order: its members have MOVING_MS to come back on other nodes. */
  resign(nodeId: NodeId): Promise<void>;
}
