// What a rule gets besides the room (`Context`), what it answers (`Ruling`), and the helpers that make an answer.
import type { ErrorCode, Rejection } from '../protocol/errors.ts';
import type { UserId } from '../protocol/ids.ts';
import type { RoomEvent } from '../protocol/room-events.ts';
import { type Actor, type MemberActor, operatorName, type Profile } from './actor.ts';
import type { RoomState } from './room.ts';
import type { StageCommand, StageCommandOf } from './stage-command.ts';
import type { HiddenEvent, StageEvent } from './stage-event.ts';

/**
 * The answer of one rule: events or a rejection. `data` goes into the ack. No events: the room is already as the
 * command asks, so the command succeeds without a new version.
 *
 * A `Ruling` is the first of three answers with `ok`. `decide` turns it into a `Decision`, which adds the next state.
 * When the turn has committed, the caller gets an `Outcome` (rooms/contract): the ack's data, or the same rejection.
 */
export type Ruling =
  | { readonly ok: true; readonly events: readonly StageEvent[]; readonly data: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly rejection: Rejection };

/** Everything a rule may know besides the room. */
export interface Context {
  readonly actor: Actor;
  /** Store time of the turn, Unix milliseconds. */
  readonly now: number;
  /** The member named by targetOf(command); null when they are not in the room. */
  readonly target: TargetMember | null;
  /** Those of candidatesOf(room, command) who are in the room. */
  readonly present: ReadonlySet<UserId>;
  /** The bans and silences that concern sanctionedBy(command); none when that is null. */
  readonly sanctions: Sanctions;
}

/** A named member and the fence of their session. */
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

/** The rule of one command: what it does to the room. The permission has been checked already (decide.ts). */
export type Rule<Name extends StageCommand['name'], Given extends Context = Context> = (
  room: RoomState,
  context: Given,
  payload: StageCommandOf<Name>,
) => Ruling;

/** The rule of a command that members give for themselves. */
export type MemberRule<Name extends StageCommand['name']> = Rule<Name, MemberContext>;

/** The command succeeds with these events; `data` goes into its ack. */
export const accept = (events: readonly StageEvent[], data: Readonly<Record<string, unknown>> = {}): Ruling => ({
  ok: true,
  events,
  data,
});

/** The command fails with this error code; `details` go into its ack. Changes nothing. */
export const reject = (code: ErrorCode, details?: Readonly<Record<string, unknown>>): Ruling => ({
  ok: false,
  rejection: { code, details },
});

/** The command fails with a rejection that another function has made. */
export const rejectWith = (rejection: Rejection): Ruling => ({ ok: false, rejection });

type Stamped = 'by' | 'at';
type Unstamped<Event> = Event extends unknown ? Omit<Event, Stamped> : never;

/** Completes an event with the operator and the time of this turn. */
export const stamp = (context: Context, event: Unstamped<RoomEvent> | Unstamped<HiddenEvent>): StageEvent =>
  ({ ...event, by: operatorName(context.actor), at: context.now }) as StageEvent;
