// Contract: the way to users rather than rooms: all connections of one, or of everyone, on whichever node they are. Must
// not know rooms, rules or Socket.IO.
import type { UserId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';

/** Both are at most once, and in no order to what rooms say: who is not connected, or cannot be reached, hears nothing. */
export interface UserDelivery {
  toUser<Name extends ServerEventName>(userId: UserId, event: Name, payload: ServerEventPayload<Name>): void;
  toEveryone<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void;
}
