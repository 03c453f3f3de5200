// What the rooms of this node need to know about a revocation (CONN-13).
import type { SessionId, UserId } from '../../protocol/ids.ts';

/** A user whose memberships end at once: those of these connections, and those in a grace. */
export interface RevocationTarget {
  readonly userId: UserId;
  readonly sessions: ReadonlySet<SessionId>;
  /** Graces of sessions that began after this moment stay; store time, Unix milliseconds. */
  readonly at: number;
}
