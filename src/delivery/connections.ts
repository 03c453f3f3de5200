// Contract: the connections of this node, as rooms write to them. Must not know rooms, rules or Socket.IO.
import type { SessionId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { EncodedBatch } from './encoded-batch.ts';

/** One connection. What is written to it arrives in the order of the calls; once it has ended, calls do nothing. */
export interface Connection {
  /** What waits in this process because the client does not read it, in bytes (MSG-2). */
  readonly backlogBytes: number;
  /** Writes what is shared with others. */
  write(parcel: EncodedBatch): void;
  /** Says something to this connection alone. */
  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void;
  /** Ends it soon, never within the call: it is too far behind to be waited for; the client comes back (CONN-10). */
  overflow(): void;
}

export interface Connections {
  /** The connection of that session; null when it has ended. */
  connectionOf(sessionId: SessionId): Connection | null;
  /** A parcel has been written to all who were to have it. */
  onWritten(parcel: EncodedBatch): void;
}
