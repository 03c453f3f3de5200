// Contract of the authenticator: from a token to an identity. An engine does not keep the token.
import type { z } from 'zod';
import type { scopeSchema } from '../protocol/handshake.ts';
import type { UserId } from '../protocol/ids.ts';

/** The user that a token names (CONN-2). */
export interface Identity {
  readonly userId: UserId;
  readonly name: string;
  readonly avatar: string;
  readonly scope: z.infer<typeof scopeSchema>;
  readonly level: number;
  readonly realName: boolean;
  readonly minor: boolean;
  /** Both in Unix milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * The answer about a token. Its `code` alone is what the client gets; there are no details, unlike in a `Rejection`.
 * `UNAVAILABLE`: the key server or the store does not answer, so the same token may be good later.
 */
export type Authentication =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly code: 'UNAUTHENTICATED' | 'TOKEN_EXPIRED' | 'UNAVAILABLE' };

/** The tolerated error of a token issuer's clock. A session may go on for as long after `exp` (CONN-5). */
export const CLOCK_SKEW_MS = 30_000;

export interface Authenticator {
  /** Never throws for a bad credential; answers in bounded time. */
  authenticate(token: string): Promise<Authentication>;
}
