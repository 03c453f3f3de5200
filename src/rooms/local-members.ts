// The members of one room who are connected to this node. Must not know other nodes' members or how to send.
import type { MemberActor } from '../domain/actor.ts';
import { isStaff, type RoomState } from '../domain/room.ts';
import type { MemberKind } from '../domain/view.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { MemberRecord } from '../store/presence-store.ts';

export interface LocalMember {
  readonly sessionId: SessionId;
  readonly record: MemberRecord;
  /** He is about to be sent a whole snapshot: until then no update makes sense to him. */
  awaitsSnapshot: boolean;
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

  /** Takes the user's newest session; returns the one it replaces. */
  add(member: LocalMember): LocalMember | null {
    const old = this.get(member.record.userId);
    this.#byUser.set(member.record.userId, member);
    return old;
  }

  /** Removes that very session; a newer one of the same user stays (PRES-2). */
  remove(member: { readonly userId: string; readonly fence: number }): LocalMember | null {
    const local = this.get(member.userId);
    if (local?.record.fence !== member.fence) return null;
    this.#byUser.delete(member.userId);
    return local;
  }

  /** The sessions that hear the history of that kind. */
  sessionsOf(kind: MemberKind, room: RoomState): SessionId[] {
    return this.all()
      .filter((member) => !member.awaitsSnapshot && isStaff(room, member.record.userId) === (kind === 'staff'))
      .map(({ sessionId }) => sessionId);
  }
}
