// What a command comes to: data for the ack or a rejection; and which failures are rejections. Must not know commands.
import type { ErrorCode, Rejection } from '../../protocol/errors.ts';
import type { RememberedAnswer } from '../../store/room-store.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../../store/store-errors.ts';

/** The fences that the users of some sessions have now; null: no member. */
export type CurrentFences = ReadonlyMap<string, number | null>;

export type Outcome =
  | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false;
      readonly rejection: Rejection;
      /** Maiwei's own commands only: the session they were about is over, and this is what has taken its place. */
      readonly overtakenBy?: CurrentFences;
    };

export const succeed = (data: Readonly<Record<string, unknown>> = {}): Outcome => ({ ok: true, data });

export const fail = (code: ErrorCode, details?: Readonly<Record<string, unknown>>): Outcome => ({
  ok: false,
  rejection: { code, details },
});

/** How soon a client should try again while the store is away or the room has too much to do. */
const RETRY_AFTER_MS = 1_000;

/** A rejection that the same command may get past a little later. */
export const retryLater = (code: 'UNAVAILABLE' | 'OUTCOME_UNKNOWN' | 'OVERLOADED'): Rejection => ({
  code,
  retryAfterMs: RETRY_AFTER_MS,
});

/** The rejection that a failure of the store is to clients (ACK-3, ACK-4); null: it is a bug. */
export function rejectionFor(error: unknown): Rejection | null {
  if (error instanceof StoreUnavailableError) return retryLater('UNAVAILABLE');
  if (error instanceof OutcomeUnknownError) return retryLater('OUTCOME_UNKNOWN');
  return null;
}

/** What a command comes to whose id was answered before: the first answer, unless it names another command (ACK-2). */
export function repeatAnswer({ command, answer, commandId }: RememberedAnswer, name: string): Outcome {
  if (command !== name) return fail('BAD_REQUEST', { commandId, usedFor: command });
  return succeed(JSON.parse(answer) as Record<string, unknown>);
}
