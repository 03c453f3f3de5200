// Contract: events for users rather than rooms, on all connections of one user or of everyone, on every node.
import type { UserId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';

/** At most once: a user who is not connected or reachable misses the event. No order relative to events of rooms. */
export interface UserDelivery {
  toUser<Name extends ServerEventName>(userId: UserId, event: Name, payload: ServerEventPayload<Name>): void;
  toEveryone<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void;
}
