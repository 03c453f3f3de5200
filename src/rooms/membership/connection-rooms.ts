// The open connections of this node, and the rooms that each of them is in or about to enter.
import type { RoomId, SessionId } from '../../protocol/ids.ts';
import type { LocalMember } from '../contract/local-members.ts';

interface Membership {
  readonly roomId: RoomId;
  readonly member: LocalMember;
}

/** Most connections are in one room and enter none, so these are lists. */
interface OpenConnection {
  memberships: readonly Membership[];
  /** Rooms that it is about to enter. A room that is entered twice at once is in the list twice. */
  reserved: readonly RoomId[];
}

export class ConnectionRooms {
  readonly #open = new Map<SessionId, OpenConnection>();

  open(sessionId: SessionId): void {
    this.#open.set(sessionId, { memberships: [], reserved: [] });
  }

  isOpen(sessionId: SessionId): boolean {
    return this.#open.has(sessionId);
  }

  /**
   * Reserves one of the connection's `limit` rooms (CONN-8). False when the connection has ended or has `limit` other
   * rooms. Ends with cancelReservation().
   */
  reserve(sessionId: SessionId, roomId: RoomId, limit: number): boolean {
    const connection = this.#open.get(sessionId);
    if (!connection) return false;
    const { memberships, reserved } = connection;
    const rooms = new Set([...memberships.map((membership) => membership.roomId), ...reserved]);
    if (!rooms.has(roomId) && rooms.size >= limit) return false;
    connection.reserved = [...reserved, roomId];
    return true;
  }

  cancelReservation(sessionId: SessionId, roomId: RoomId): void {
    const connection = this.#open.get(sessionId);
    if (!connection) return;
    const first = connection.reserved.indexOf(roomId);
    connection.reserved = connection.reserved.filter((_, index) => index !== first);
  }

  onJoined(sessionId: SessionId, roomId: RoomId, member: LocalMember): void {
    this.onLeft(sessionId, roomId);
    const connection = this.#open.get(sessionId);
    if (connection) connection.memberships = [...connection.memberships, { roomId, member }];
  }

  memberOf(sessionId: SessionId, roomId: RoomId): LocalMember | null {
    const memberships = this.#open.get(sessionId)?.memberships;
    return memberships?.find((membership) => membership.roomId === roomId)?.member ?? null;
  }

  onLeft(sessionId: SessionId, roomId: RoomId): void {
    const connection = this.#open.get(sessionId);
    if (!connection) return;
    connection.memberships = connection.memberships.filter((membership) => membership.roomId !== roomId);
  }

  close(sessionId: SessionId): readonly Membership[] {
    const memberships = this.#open.get(sessionId)?.memberships ?? [];
    this.#open.delete(sessionId);
    return memberships;
  }
}
