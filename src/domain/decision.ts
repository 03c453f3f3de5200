// The answer of every rule: events or a rejection; and what a rule may look at besides the room. Data only.
import type { ErrorCode, Rejection } from '../protocol/errors.ts';
import type { UserId } from '../protocol/ids.ts';
import type { RoomEvent } from '../protocol/room-events.ts';
import type { Actor, MemberActor, Profile } from './actor.ts';
import { operatorName } from './actor.ts';
import type { HiddenEvent, StageEvent } from './stage-event.ts';

/** `data` goes into the ack. No events = what was asked for holds already: success without a new version. */
export type Ruling =
  | { readonly ok: true; readonly events: readonly StageEvent[]; readonly data: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly rejection: Rejection };

/** Everything a rule may know besides the room. */
export interface Context {
  readonly actor: Actor;
  /** Store time of the turn, Unix milliseconds. */
  readonly now: number;
  /** The member named by targetOf(command); null when he is not in the room. */
  readonly target: TargetMember | null;
  /** Those of candidatesOf(room, command) who are in the room. */
  readonly present: ReadonlySet<UserId>;
  /** What is in force against sanctionedBy(command); nothing when that is null. */
  readonly sanctions: Sanctions;
}

/** A named member and the fence of his session. */
export type TargetMember = Profile & { readonly fence: number };

/** Bans and silences: those against one user, and how many the room has of each. */
export interface Sanctions {
  readonly isBanned: boolean;
  readonly isSilenced: boolean;
  readonly bans: number;
  readonly silences: number;
}

/** The context of a command that only members give. */
export type MemberContext = Context & { readonly actor: MemberActor };

export const accept = (events: readonly StageEvent[], data: Readonly<Record<string, unknown>> = {}): Ruling => ({
  ok: true,
  events,
  data,
});

export const reject = (code: ErrorCode, details?: Readonly<Record<string, unknown>>): Ruling => ({
  ok: false,
  rejection: { code, details },
});

/** The same for a rejection that another rule came to. */
export const rejectWith = (rejection: Rejection): Ruling => ({ ok: false, rejection });

type Stamped = 'by' | 'at';
type Unstamped<Event> = Event extends unknown ? Omit<Event, Stamped> : never;

/** An event of this turn: bears the operator and the time. */
export const stamp = (context: Context, event: Unstamped<RoomEvent> | Unstamped<HiddenEvent>): StageEvent =>
  ({ ...event, by: operatorName(context.actor), at: context.now }) as StageEvent;
