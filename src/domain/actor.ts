// The actor of a command: a member, the app's backend, or Maiwei itself.
import type { UserId } from '../protocol/ids.ts';

/** The facts about a member that the stage keeps: enough to show them on a seat and to mint their RTC grant. */
export interface Profile {
  readonly userId: UserId;
  readonly name: string;
  readonly avatar: string;
  readonly rtcUid: number;
  readonly level: number;
}

/** A member of the room, with the fence of their session (PRES-2). */
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
