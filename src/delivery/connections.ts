// Contract: the connections of this node, as rooms write to them.
import type { SessionId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { EncodedBatch } from './encoded-batch.ts';

/** What is written arrives in the order of the calls. After the connection has ended, calls do nothing. */
export interface Connection {
  /** How many bytes wait in this process because the client does not read them (MSG-2). */
  readonly backlogBytes: number;
  /** Writes a batch that is shared with other connections. */
  write(batch: EncodedBatch): void;
  /** Sends an event to this connection alone. */
  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void;
  /** Ends it, because its backlog is too large: soon, never within the call. The client reconnects (CONN-10). */
  overflow(): void;
}

export interface Connections {
  /** The connection of that session; null after it has ended. */
  connectionOf(sessionId: SessionId): Connection | null;
  /** The batch has been written to every connection that should get it. */
  onWritten(batch: EncodedBatch): void;
}
