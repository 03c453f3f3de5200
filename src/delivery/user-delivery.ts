// Contract: events for users rather than rooms, on all connections of one user or of everyone, on every node.
import type { UserId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';

/**
 * Delivery is at most once: a user who is not connected, or cannot be reached, misses the event. These events have no
 * order relative to those of rooms.
 */
export interface UserDelivery {
  toUser<Name extends ServerEventName>(userId: UserId, event: Name, payload: ServerEventPayload<Name>): void;
  toEveryone<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void;
}
