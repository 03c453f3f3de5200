// Whom a revocation is about, as the rooms of this node must know it (CONN-13). Data only.
import type { SessionId, UserId } from '../../protocol/ids.ts';

/** A user whose memberships end at once, whatever their state: those of these connections, and those in a grace. */
export interface RevocationTarget {
  readonly userId: UserId;
  readonly sessions: ReadonlySet<SessionId>;
  /** Graces of sessions that began later are left alone; store time, Unix milliseconds. */
  readonly at: number;
}
