// The packets that a client of the harness receives, as far as it looks at them.
import type { ErrorBody } from '../../src/protocol/errors.ts';
import type { Update } from '../../src/protocol/room-events.ts';

export type Answer =
  | { readonly ok: true; readonly data: Record<string, unknown> }
  | { readonly ok: false; readonly error: ErrorBody };

export interface Packet {
  readonly epoch: string;
  readonly updates: readonly Update[];
}

export interface AudienceNews {
  readonly roomId: string;
  readonly joined?: readonly { readonly userId: string }[];
  readonly left?: readonly { readonly userId: string }[];
}

export interface ChatNews {
  readonly messageId: string;
  readonly body?: { readonly text?: string };
}

/** `ok`, an error code, or `none` when there was no answer. */
export const codeOf = (answer: Answer | null): string =>
  answer === null ? 'none' : answer.ok ? 'ok' : answer.error.code;

/** Socket.IO says no more than `websocket error`; the cause is inside. */
export const reasonOf = (error: Error): string =>
  (error as { description?: { message?: string } }).description?.message ?? error.message;

/** The time for which a client was out of its room. */
export interface Gap {
  readonly from: number;
  readonly until: number;
}
