// Contract: what is known of users across rooms: their open sessions, and since when their tokens are refused. Must not
// know rooms.
//
// [U1] admit() is one step: no token that a revocation refuses is admitted after it, on any node.
// [U2] A user has at most SESSIONS_PER_USER_MAX sessions; the oldest go first, by the time of their first admission.
// [U4] Sessions of nodes that are gone do not count. Whoever has only been slow admits his anew, and they count again.
// [U3] What admit() displaced and whom revoke() named is announced on the users' feed, and can be found again: a
//      displaced session by admitting it anew, a revocation by revokedSince().
import type { NodeId, SessionId, UserId } from '../protocol/ids.ts';

/** Phone, tablet, browser, and two that were forgotten; more is an account that is passed around. */
export const SESSIONS_PER_USER_MAX = 5;
/** A session that nobody admitted anew for so long is gone with its node; nodes do so every third of it. */
export const SESSION_TTL_MS = 15 * 60_000;
/** How long a revocation is remembered unless told otherwise: tokens must not live longer than this. */
export const REVOCATION_TTL_MS = 90 * 24 * 60 * 60_000;
/** How long a node that heard nothing finds revocations by asking for them. */
export const REVOCATION_NEWS_MS = 60 * 60_000;

export interface Admission {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /** When the token was issued, Unix milliseconds; tokens say whole seconds. */
  readonly issuedAt: number;
  /** What an earlier admission of this session returned; null for the first. */
  readonly since: number | null;
  /** The node that has the connection. */
  readonly nodeId: NodeId;
  /** Nodes that are known to be gone [U4]. */
  readonly gone: ReadonlySet<NodeId>;
}

export type AdmitResult =
  | {
      readonly status: 'admitted';
      /** When the session was first admitted, store time, microseconds. */
      readonly since: number;
      /** Sessions that had to make room, perhaps this very one. */
      readonly displaced: readonly SessionId[];
    }
  | { readonly status: 'revoked' };

export interface Revocation {
  readonly userId: UserId;
  /** Store time, Unix milliseconds; tokens issued in that second or earlier are refused. */
  readonly at: number;
}

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer; all may be repeated. */
export interface AccountStore {
  admit(admission: Admission): Promise<AdmitResult>;
  release(session: { readonly userId: UserId; readonly sessionId: SessionId }): Promise<void>;
  /** Refuses the user's tokens that have been issued so far; remembered until `until`, store time. */
  revoke(userId: UserId, until: number | null): Promise<Revocation>;
  isRevoked(token: { readonly userId: UserId; readonly issuedAt: number }): Promise<boolean>;
  /** The revocations from that moment on, as far as REVOCATION_NEWS_MS goes back. */
  revokedSince(at: number): Promise<readonly Revocation[]>;
}

/** Whether a token issued at that moment is refused by a revocation; both are looked at in whole seconds. */
export const isRefusedBy = (issuedAt: number, { at }: Pick<Revocation, 'at'>): boolean =>
  Math.floor(issuedAt / 1000) <= Math.floor(at / 1000);
