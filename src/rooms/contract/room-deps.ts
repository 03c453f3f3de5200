// What every live room of this node works with: contracts only, no engine.
import type { RoomHoldings } from '../../cluster/lease/room-holdings.ts';
import type { Connections } from '../../delivery/connections.ts';
import type { RoomFeed } from '../../feed/room-feed.ts';
import type { Ambient } from '../../ops/ambient.ts';
import type { NodeId, RoomId, SessionId } from '../../protocol/ids.ts';
import type { AttemptStore } from '../../store/attempt-store.ts';
import type { MessageStore } from '../../store/message-store.ts';
import type { PresenceStore } from '../../store/presence-store.ts';
import type { RoomRecovery } from '../../store/room-recovery.ts';
import type { RoomStore } from '../../store/room-store.ts';
import type { SanctionStore } from '../../store/sanction-store.ts';
import type { VoiceGrants } from './voice-grants.ts';

/** This node as the store knows it. */
export interface ThisNode {
  /** The node's id. It changes when the lease is lost. */
  readonly id: NodeId;
  /** Whether the lease surely lives on for another second. */
  readonly isLeaseCertain: boolean;
  /** The lease was lost, and not all members on this node are members again. */
  readonly isRejoining: boolean;
}

/** What a live room and everything about it may use. */
export interface RoomDeps extends Ambient {
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
  readonly grants: VoiceGrants;
  /** How many chat messages a very large room shows per second (MSG-7). */
  readonly chatShownPerSecond: number;
  /** Called when a session of this node is no longer in the room. */
  readonly onMemberRemoved: (roomId: RoomId, sessionId: SessionId) => void;
}
