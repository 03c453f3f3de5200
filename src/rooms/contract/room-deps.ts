// What every room on this node works with: contracts only, no engine. Must not know what is done with it.

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

/** This node, as the store knows it. */
export interface ThisNode {
  /** Another one after its lease was lost. */
  readonly id: NodeId;
  /** Whether its lease is certain. */
  readonly isLeaseCertain: boolean;
  /** The lease was lost, and not all who are here are members again. */
  readonly isRejoining: boolean;
}

/** Reads the room anew and says whether the member still is one; renewal asks before it hands out anything. */
export type Revalidate = (member: LocalMember) => Promise<RoomState | null>;

/** The grants of this node's members; see audience/voice-grants. */
export interface GrantIssuer {
  /** The whole grant that this member may have now: a publisher's only on a seat that is not muted. */
  mint(state: RoomState, member: { readonly userId: string; readonly rtcUid: number }): Grant;
  /** Mints and pushes; keeps renewing until forget(). A failure is logged and tried again, never silent. */
  push(state: RoomState, member: LocalMember, options: { reason: GrantReason; revalidate: Revalidate }): void;
  /** Starts the renewal of a grant that was handed out in an ack. */
  renewLater(member: LocalMember, grant: Grant, revalidate: Revalidate): void;
  /** The member has no session here any more. */
  forget(member: LocalMember): void;
  /** Stops all renewals. */
  close(): void;
}

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
  /** How much chat very large rooms show in a second (MSG-7). */
  readonly chatShownPerSecond: number;
  /** A session of this node is no longer in the room. */
  readonly onMemberRemoved: (roomId: RoomId, sessionId: SessionId) => void;
}
