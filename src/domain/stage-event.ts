// The events that `decide` produces: the room events of the wire, and hidden events that only servers read.
import type { UserId } from '../protocol/ids.ts';
import {
  type PublicEvent,
  publicEventSchemas,
  type RoomEvent,
  type StaffEvent,
  staffEventSchemas,
} from '../protocol/room-events.ts';
import type { Reason } from '../protocol/stage.ts';

/** Events that change the stage or its members but are sent to no client. */
export type HiddenEvent = { readonly by: string; readonly at: number } & (
  | { type: 'password.changed'; passwordHash: string | null }
  /** The session with fence `fence` − 1 ended. The membership goes on under `fence` until `until`. */
  | { type: 'member.away'; userId: UserId; until: number; fence: number }
  | { type: 'member.back'; userId: UserId }
  /** The membership with this fence ended, and everything of it on the stage. `until`: the end of the member's ban. */
  | { type: 'member.left'; userId: UserId; fence: number; reason: Reason; until?: number }
);

export type StageEvent = RoomEvent | HiddenEvent;

/** A record, so that the compiler reports a type that is missing. */
const hiddenTypes: Readonly<Record<HiddenEvent['type'], true>> = {
  'password.changed': true,
  'member.away': true,
  'member.back': true,
  'member.left': true,
};

export const isPublicEvent = (event: StageEvent): event is PublicEvent => Object.hasOwn(publicEventSchemas, event.type);
export const isStaffEvent = (event: StageEvent): event is StaffEvent => Object.hasOwn(staffEventSchemas, event.type);

/** The types of all events that this server knows. */
export const eventTypes: ReadonlySet<string> = new Set(
  [publicEventSchemas, staffEventSchemas, hiddenTypes].flatMap((types) => Object.keys(types)),
);
