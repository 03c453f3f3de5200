// Contract: the connections of this node, as rooms write to them. Must not know rooms, rules or Socket.IO.
import type { SessionId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { Parcel } from './encoded-batch.ts';

/** One connection. What is written to it arrives in the order of the calls; once it has ended, calls do nothing. */
export interface Line {
  /** What waits in this process because the client does not read it, in bytes (MSG-2). */
  readonly backlogBytes: number;
  /** Writes what is shared with others. */
  write(parcel: Parcel): void;
  /** Says something to this connection alone. */
  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void;
  /** Ends it soon, never within the call: it is too far behind to be waited for; the client comes back (CONN-10). */
  giveUp(): void;
}

export interface Outbound {
  /** The connection of that session; null when it has ended. */
  line(sessionId: SessionId): Line | null;
  /** A parcel has been written to all who were to have it. */
  written(parcel: Parcel): void;
}
