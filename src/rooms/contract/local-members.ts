// The members of one room that are connected to this node.
import type { Recipient } from '../../delivery/recipient.ts';
import type { MemberActor } from '../../domain/actor.ts';
import type { SessionId } from '../../protocol/ids.ts';
import type { MemberRecord } from '../../store/presence-store.ts';

export interface LocalMember {
  readonly sessionId: SessionId;
  readonly record: MemberRecord;
  /** In the room's outbox; null before the join is answered, and when the connection has ended. */
  recipient: Recipient | null;
}

export const toActor = ({ record }: LocalMember): MemberActor => {
  const { userId, name, avatar, level, rtcUid, fence } = record;
  return { kind: 'member', userId, name, avatar, level, rtcUid, fence };
};

export class LocalMembers {
  readonly #byUser = new Map<string, LocalMember>();

  get size(): number {
    return this.#byUser.size;
  }

  get(userId: string): LocalMember | null {
    return this.#byUser.get(userId) ?? null;
  }

  all(): readonly LocalMember[] {
    return [...this.#byUser.values()];
  }

  /** Adds the user's newest session; returns the one that it replaces. */
  add(member: LocalMember): LocalMember | null {
    const old = this.get(member.record.userId);
    this.#byUser.set(member.record.userId, member);
    return old;
  }

  /** Removes exactly this session; a newer one of the same user stays (PRES-2). */
  remove(member: { readonly userId: string; readonly fence: number }): LocalMember | null {
    const local = this.get(member.userId);
    if (local?.record.fence !== member.fence) return null;
    this.#byUser.delete(member.userId);
    return local;
  }
}
