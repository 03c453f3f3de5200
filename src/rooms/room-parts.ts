// What every room on this node works with: contracts only, no engine. Must not know what is done with it.
import type { Fanout } from '../fanout/fanout.ts';
import type { Outbound } from '../fanout/outbound.ts';
import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import type { Random } from '../ops/random.ts';
import type { NodeId, RoomId, SessionId } from '../protocol/ids.ts';
import type { AttemptStore } from '../store/attempt-store.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { PresenceStore } from '../store/presence-store.ts';
import type { RoomStore } from '../store/room-store.ts';
import type { SanctionStore } from '../store/sanction-store.ts';
import type { Settlement } from '../store/settlement.ts';
import type { Grants } from './grants.ts';
import type { Registry } from './leases/registry.ts';

/** This node, as the store knows it. */
export interface ThisNode {
  /** Another one after its lease was lost. */
  readonly id: NodeId;
  /** Whether its lease is certain. */
  readonly isHeld: boolean;
  /** The lease was lost, and not all who are here are members again. */
  readonly isRejoining: boolean;
}

export interface RoomParts {
  readonly node: ThisNode;
  readonly registry: Registry;
  readonly store: RoomStore;
  readonly settlement: Settlement;
  readonly presence: PresenceStore;
  readonly sanctions: SanctionStore;
  readonly attempts: AttemptStore;
  readonly messages: MessageStore;
  readonly fanout: Fanout;
  readonly outbound: Outbound;
  readonly grants: Grants;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How much chat very large rooms show in a second (MSG-7). */
  readonly chatShownPerSecond: number;
  /** A session of this node is no longer in the room. */
  readonly onDismissed: (roomId: RoomId, sessionId: SessionId) => void;
}
