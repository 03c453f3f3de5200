// Who is acting, and who is acted upon. Must not know tokens, sockets or where these facts were read.
import type { UserId } from '../protocol/ids.ts';

/** What the stage remembers of a member: enough to show him on a seat and to let him into the voice channel. */
export interface Profile {
  readonly userId: UserId;
  readonly name: string;
  readonly avatar: string;
  readonly rtcUid: number;
  readonly level: number;
}

/** A member of the room, with the fence of his session (PRES-2). */
export interface MemberActor extends Profile {
  readonly kind: 'member';
  readonly fence: number;
}

/** The app's own backend (scope `service`). */
export interface ServiceActor {
  readonly kind: 'service';
}

/** Maiwei itself, when a deadline passes or a connection ends. */
export interface SystemActor {
  readonly kind: 'system';
}

export type Actor = MemberActor | ServiceActor | SystemActor;

/** The operator's name on events (ROLE-4). */
export const operatorName = (actor: Actor): string => (actor.kind === 'member' ? actor.userId : actor.kind);
