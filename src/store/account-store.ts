// Contract: what the store knows of users across rooms: their open sessions, and since when it refuses their tokens.
//
// [U1] admit() is one step: once a revocation refuses a token, no node admits it.
// [U2] A user has at most SESSIONS_PER_USER_MAX sessions. The oldest go first, by the time of their first admission.
// [U3] Displaced sessions and revocations are announced on the users' feed. They can also be found later: a displaced
//      session by admitting it again, a revocation by revokedSince().
// [U4] Sessions of dead nodes do not count. A node that was only slow admits its sessions again, and they count again.
import type { NodeId, SessionId, UserId } from '../protocol/ids.ts';

/** Phone, tablet, browser, and two forgotten ones. An account with more is shared by several people. */
export const SESSIONS_PER_USER_MAX = 5;
/** A session that was not admitted again for so long as this has died with its node. Nodes admit every third of it. */
export const SESSION_TTL_MS = 15 * 60_000;
/** How long a revocation is remembered by default. Tokens must not live longer. */
export const REVOCATION_TTL_MS = 90 * 24 * 60 * 60_000;
/** How far back a node that missed the news can ask for revocations. */
export const REVOCATION_NEWS_MS = 60 * 60_000;

export interface SessionAdmission {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /** When the token was issued, Unix milliseconds; tokens say whole seconds. */
  readonly issuedAt: number;
  /** What an earlier admission of this session returned; null for the first. */
  readonly since: number | null;
  /** The node that has the connection. */
  readonly nodeId: NodeId;
  /** Nodes that are known to be dead [U4]. */
  readonly deadNodes: ReadonlySet<NodeId>;
}

export type AdmitResult =
  | {
      readonly status: 'admitted';
      /** When the session was first admitted, store time, microseconds. */
      readonly since: number;
      /** Sessions that were removed to stay within the limit, perhaps this very one. */
      readonly displaced: readonly SessionId[];
    }
  | { readonly status: 'revoked' };

export interface Revocation {
  readonly userId: UserId;
  /** Store time, Unix milliseconds; tokens issued in that second or earlier are refused. */
  readonly at: number;
}

/** All may be repeated. They throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface AccountStore {
  admit(admission: SessionAdmission): Promise<AdmitResult>;
  release(session: { readonly userId: UserId; readonly sessionId: SessionId }): Promise<void>;
  /** Refuses the user's tokens issued so far. Remembered until `until`, store time; null: REVOCATION_TTL_MS. */
  revoke(userId: UserId, until: number | null): Promise<Revocation>;
  isRevoked(token: { readonly userId: UserId; readonly issuedAt: number }): Promise<boolean>;
  /** The revocations from that moment on, as far as REVOCATION_NEWS_MS goes back. */
  revokedSince(at: number): Promise<readonly Revocation[]>;
}

/** Whether a revocation refuses a token issued at that moment. Both are compared in whole seconds. */
export const isRefusedBy = (issuedAt: number, { at }: Pick<Revocation, 'at'>): boolean =>
  Math.floor(issuedAt / 1000) <= Math.floor(at / 1000);
