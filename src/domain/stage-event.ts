// What decide() produces: the wire's room events plus the hidden ones that only servers hear. Data only.
import type { UserId } from '../protocol/ids.ts';
import type { RoomEvent } from '../protocol/room-events.ts';
import type { Reason } from '../protocol/stage.ts';

/** Events that change the stage or its members but are shown to no client. */
export type HiddenEvent = { readonly by: string; readonly at: number } & (
  | { type: 'password.changed'; passwordHash: string | null }
  /** The session of fence `fence` − 1 ended; the membership goes on under `fence` until `until`. */
  | { type: 'member.away'; userId: UserId; until: number; fence: number }
  | { type: 'member.back'; userId: UserId }
  /** The membership with this fence ended, together with all that it held; `until`: he is kept out till then. */
  | { type: 'member.left'; userId: UserId; fence: number; reason: Reason; until?: number }
);

export type StageEvent = RoomEvent | HiddenEvent;
