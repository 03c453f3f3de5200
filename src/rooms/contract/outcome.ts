// The outcome of a command: data for the ack, or a rejection. Also which failures of the store are rejections.
import type { ErrorCode, Rejection } from '../../protocol/errors.ts';
import type { RememberedAnswer } from '../../store/room-store.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../../store/store-errors.ts';

/** The fence that each of some users has now; null: the user is no member. */
export type CurrentFences = ReadonlyMap<string, number | null>;

export type Outcome =
  | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false;
      readonly rejection: Rejection;
      /** Maiwei's own commands only: the session in question is over, and these are the fences in its place. */
      readonly overtakenBy?: CurrentFences;
    };

export const succeed = (data: Readonly<Record<string, unknown>> = {}): Outcome => ({ ok: true, data });

export const fail = (code: ErrorCode, details?: Readonly<Record<string, unknown>>): Outcome => ({
  ok: false,
  rejection: { code, details },
});

/** Whether `member:leave` or `member:drop` has nothing left to do: it is done, or the session was over already. */
export const isSessionOver = (outcome: Outcome): boolean => outcome.ok || outcome.overtakenBy !== undefined;

/** How soon a client should try again while the store does not answer or the room has too much to do. */
const RETRY_AFTER_MS = 1_000;

/** A rejection of a command that may succeed a little later. */
export const retryLater = (code: 'UNAVAILABLE' | 'OUTCOME_UNKNOWN' | 'OVERLOADED'): Rejection => ({
  code,
  retryAfterMs: RETRY_AFTER_MS,
});

/** The rejection by which clients see a failure of the store (ACK-3, ACK-4); null: the error is a bug. */
export function rejectionFor(error: unknown): Rejection | null {
  if (error instanceof StoreUnavailableError) return retryLater('UNAVAILABLE');
  if (error instanceof OutcomeUnknownError) return retryLater('OUTCOME_UNKNOWN');
  return null;
}

/** The outcome of a command whose id was answered before: the first answer, unless it names another command (ACK-2). */
export function repeatAnswer({ command, answer, commandId }: RememberedAnswer, name: string): Outcome {
  if (command !== name) return fail('BAD_REQUEST', { commandId, usedFor: command });
  return succeed(JSON.parse(answer) as Record<string, unknown>);
}
