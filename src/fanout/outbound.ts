// Contract: the way from a room to the connections of this node. Must not know rooms, rules or Socket.IO.
import type { SessionId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';

export interface Outbound {
  /** Sends to each of these connections, in the order of the calls; connections that are gone are passed over. */
  send<Name extends ServerEventName>(
    sessions: readonly SessionId[],
    event: Name,
    payload: ServerEventPayload<Name>,
  ): void;
}
