// Joins that are in flight on this node. The feed may tell of their end, or of a newer session, before they are
// registered.
import type { SessionId } from '../../protocol/ids.ts';

/** A session that is about to become a member here. */
export interface PendingJoin {
  readonly userId: string;
  readonly sessionId: SessionId;
  /** The newest session of the user that the feed has told of meanwhile. */
  newestFence: number;
  /** A commit has ended the membership already. */
  ended: { readonly fence: number; readonly reason: string } | null;
}

export class PendingJoins {
  readonly #byUser = new Map<string, Set<PendingJoin>>();

  /** To be called before the store is asked, so that a newer session is not missed before the join is registered. */
  begin(userId: string, sessionId: SessionId): PendingJoin {
    const join: PendingJoin = { userId, sessionId, newestFence: 0, ended: null };
    this.#byUser.set(userId, (this.#byUser.get(userId) ?? new Set()).add(join));
    return join;
  }

  end(join: PendingJoin): void {
    const joins = this.#byUser.get(join.userId);
    joins?.delete(join);
    if (joins?.size === 0) this.#byUser.delete(join.userId);
  }

  /** Whether a join of that user is in flight, besides the given one. */
  has(userId: string, besides: PendingJoin | null = null): boolean {
    return this.of(userId).some((join) => join !== besides);
  }

  of(userId: string): readonly PendingJoin[] {
    return [...(this.#byUser.get(userId) ?? [])];
  }
}
