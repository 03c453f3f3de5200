// The events that `decide` produces: the room events of the wire, and hidden events that only servers read.
import type { UserId } from '../protocol/ids.ts';
import type { RoomEvent } from '../protocol/room-events.ts';
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
