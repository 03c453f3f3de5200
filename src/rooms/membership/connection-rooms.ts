// The open connections of this node, and the rooms that each of them is in or about to enter.
import type { RoomId, SessionId } from '../../protocol/ids.ts';
import type { LocalMember } from '../contract/local-members.ts';

/** One membership of a connection. */
interface Membership {
  readonly roomId: RoomId;
  readonly member: LocalMember;
}

/** Most connections are in one room and enter none. So the maps have lists, and no entry for an empty list. */
export class ConnectionRooms {
  readonly #open = new Set<SessionId>();
  readonly #memberships = new Map<SessionId, readonly Membership[]>();
  /** Rooms that open connections are about to enter. A room that is entered twice at once is in the list twice. */
  readonly #reserved = new Map<SessionId, readonly RoomId[]>();

  open(sessionId: SessionId): void {
    this.#open.add(sessionId);
  }

  isOpen(sessionId: SessionId): boolean {
    return this.#open.has(sessionId);
  }

  /** The open connections. */
  all(): SessionId[] {
    return [...this.#open];
  }

  /**
   * Reserves one of the connection's `limit` rooms (CONN-8). False when the connection has ended or has `limit` other
   * rooms. Ends with cancelReservation().
   */
  reserve(sessionId: SessionId, roomId: RoomId, limit: number): boolean {
    if (!this.#open.has(sessionId)) return false;
    const reserved = this.#reserved.get(sessionId) ?? [];
    const rooms = new Set([...this.#membershipsOf(sessionId).map((membership) => membership.roomId), ...reserved]);
    if (!rooms.has(roomId) && rooms.size >= limit) return false;
    this.#reserved.set(sessionId, [...reserved, roomId]);
    return true;
  }

  cancelReservation(sessionId: SessionId, roomId: RoomId): void {
    const reserved = this.#reserved.get(sessionId) ?? [];
    const first = reserved.indexOf(roomId);
    const others = reserved.filter((_, index) => index !== first);
    if (others.length > 0) this.#reserved.set(sessionId, others);
    else this.#reserved.delete(sessionId);
  }

  #membershipsOf(sessionId: SessionId): readonly Membership[] {
    return this.#memberships.get(sessionId) ?? [];
  }

  onJoined(sessionId: SessionId, roomId: RoomId, member: LocalMember): void {
    const others = this.#membershipsOf(sessionId).filter((membership) => membership.roomId !== roomId);
    this.#memberships.set(sessionId, [...others, { roomId, member }]);
  }

  memberOf(sessionId: SessionId, roomId: RoomId): LocalMember | null {
    return this.#membershipsOf(sessionId).find((membership) => membership.roomId === roomId)?.member ?? null;
  }

  onLeft(sessionId: SessionId, roomId: RoomId): void {
    const others = this.#membershipsOf(sessionId).filter((membership) => membership.roomId !== roomId);
    if (others.length > 0) this.#memberships.set(sessionId, others);
    else this.#memberships.delete(sessionId);
  }

  /** Ends the connection; returns the memberships that it had. */
  close(sessionId: SessionId): readonly Membership[] {
    const memberships = this.#membershipsOf(sessionId);
    this.#memberships.delete(sessionId);
    this.#reserved.delete(sessionId);
    this.#open.delete(sessionId);
    return memberships;
  }
}
