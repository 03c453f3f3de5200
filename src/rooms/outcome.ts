// What a command comes to: data for the ack or a rejection. Data only.
import type { ErrorCode, Rejection } from '../protocol/errors.ts';

export type Outcome =
  | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly rejection: Rejection };

export const succeed = (data: Readonly<Record<string, unknown>> = {}): Outcome => ({ ok: true, data });

export const refuse = (code: ErrorCode, details?: Readonly<Record<string, unknown>>): Outcome => ({
  ok: false,
  rejection: { code, details },
});

/** How soon a client should try again while the store is away. */
const RETRY_AFTER_MS = 1_000;

export const refuseForNow = (code: 'UNAVAILABLE' | 'OUTCOME_UNKNOWN' | 'OVERLOADED'): Outcome => ({
  ok: false,
  rejection: { code, retryAfterMs: RETRY_AFTER_MS },
});
