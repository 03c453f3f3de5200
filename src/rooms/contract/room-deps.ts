// What every live room of this node works with: contracts only, no engine.
import type { RoomHoldings } from '../../cluster/lease/room-holdings.ts';
import type { Connections } from '../../delivery/connections.ts';
import type { RoomState } from '../../domain/room.ts';
import type { RoomFeed } from '../../feed/room-feed.ts';
import type { Clock } from '../../ops/clock.ts';
import type { Logger } from '../../ops/logger.ts';
import type { Random } from '../../ops/random.ts';
import type { NodeId, RoomId, SessionId } from '../../protocol/ids.ts';
import type { GrantReason } from '../../protocol/server-events.ts';
import type { Grant } from '../../protocol/snapshot.ts';
import type { AttemptStore } from '../../store/attempt-store.ts';
import type { MessageStore } from '../../store/message-store.ts';
import type { PresenceStore } from '../../store/presence-store.ts';
import type { RoomRecovery } from '../../store/room-recovery.ts';
import type { RoomStore } from '../../store/room-store.ts';
import type { SanctionStore } from '../../store/sanction-store.ts';
import type { LocalMember } from './local-members.ts';

/** This node as the store knows it. */
export interface ThisNode {
  /** The node's id. It changes when the lease is lost. */
  readonly id: NodeId;
  /** Whether the lease surely lives on for another second. */
  readonly isLeaseCertain: boolean;
  /** The lease was lost, and not all members on this node are members again. */
  readonly isRejoining: boolean;
}

/**
 * Reads the room again; resolves to its state, or to null when the member's session is over. Rejects as the store does.
 */
export type Revalidate = (member: LocalMember) => Promise<RoomState | null>;

/** Issues and renews the grants of this node's members; see audience/voice-grants. */
export interface GrantIssuer {
  /** The grant to which this member is entitled now: a publisher's only on a seat that is not muted. */
  mint(state: RoomState, member: { readonly userId: string; readonly rtcUid: number }): Grant;
  /** Sends a new grant, and renews it until forget(). A failure is logged and retried. */
  push(state: RoomState, member: LocalMember, options: { reason: GrantReason; revalidate: Revalidate }): void;
  /** Renews a grant that was part of an ack, until forget(). */
  renewLater(member: LocalMember, grant: Grant, revalidate: Revalidate): void;
  /** Stops the renewal: the member has no session here any more. */
  forget(member: LocalMember): void;
  /** Stops all renewals. */
  close(): void;
}

/** What a live room and everything about it may use. */
export interface RoomDeps {
  readonly node: ThisNode;
  readonly holdings: RoomHoldings;
  readonly store: RoomStore;
  readonly recovery: RoomRecovery;
  readonly presence: PresenceStore;
  readonly sanctions: SanctionStore;
  readonly attempts: AttemptStore;
  readonly messages: MessageStore;
  readonly feed: RoomFeed;
  readonly connections: Connections;
  readonly grants: GrantIssuer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How many chat messages a very large room shows per second (MSG-7). */
  readonly chatShownPerSecond: number;
  /** Called when a session of this node is no longer in the room. */
  readonly onMemberRemoved: (roomId: RoomId, sessionId: SessionId) => void;
}
