// Contract: from a credential to an identity. Must not know roles in rooms, nor keep the credential.
import type { z } from 'zod';
import type { scopeSchema } from '../protocol/handshake.ts';
import type { UserId } from '../protocol/ids.ts';

/** Whom a token names (CONN-2). */
export interface Identity {
  readonly userId: UserId;
  readonly name: string;
  readonly avatar: string;
  readonly scope: z.infer<typeof scopeSchema>;
  readonly level: number;
  readonly realName: boolean;
  readonly minor: boolean;
  /** Unix milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** `UNAVAILABLE`: whoever would know (the key server, the store) does not answer; the same token may be good later. */
export type Authentication =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly code: 'UNAUTHENTICATED' | 'TOKEN_EXPIRED' | 'UNAVAILABLE' };

/** Clocks of token issuers may be so far off; also how long past `exp` a session may go on (CONN-5). */
export const CLOCK_SKEW_MS = 30_000;

export interface Authenticator {
  /** Never throws for a bad credential; answers in bounded time. */
  authenticate(token: string): Promise<Authentication>;
}
