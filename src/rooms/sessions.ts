// Which connection of this node is in which rooms. Must not know what a connection is made of.
import type { RoomId, SessionId } from '../protocol/ids.ts';
import type { LocalMember } from './local-members.ts';

export class Sessions {
  readonly #rooms = new Map<SessionId, Map<RoomId, LocalMember>>();
  /** The rooms each open connection is about to enter; absent when the connection has ended. */
  readonly #entering = new Map<SessionId, Map<RoomId, number>>();

  begin(sessionId: SessionId): void {
    this.#entering.set(sessionId, new Map());
  }

  isOpen(sessionId: SessionId): boolean {
    return this.#entering.has(sessionId);
  }

  /** The open connections. */
  all(): SessionId[] {
    return [...this.#entering.keys()];
  }

  /** Books a place for one more room, unless the connection has `limit` rooms already (CONN-8). Ends with unbook(). */
  book(sessionId: SessionId, roomId: RoomId, limit: number): boolean {
    const entering = this.#entering.get(sessionId);
    if (!entering) return false;
    const rooms = this.#places(sessionId);
    if (!rooms.has(roomId) && rooms.size >= limit) return false;
    entering.set(roomId, (entering.get(roomId) ?? 0) + 1);
    return true;
  }

  #places(sessionId: SessionId): Set<RoomId> {
    return new Set([...(this.#rooms.get(sessionId)?.keys() ?? []), ...(this.#entering.get(sessionId)?.keys() ?? [])]);
  }

  unbook(sessionId: SessionId, roomId: RoomId): void {
    const entering = this.#entering.get(sessionId);
    const left = (entering?.get(roomId) ?? 0) - 1;
    if (left > 0) entering?.set(roomId, left);
    else entering?.delete(roomId);
  }

  entered(sessionId: SessionId, roomId: RoomId, member: LocalMember): void {
    const rooms = this.#rooms.get(sessionId) ?? new Map<RoomId, LocalMember>();
    this.#rooms.set(sessionId, rooms.set(roomId, member));
  }

  memberOf(sessionId: SessionId, roomId: RoomId): LocalMember | null {
    return this.#rooms.get(sessionId)?.get(roomId) ?? null;
  }

  left(sessionId: SessionId, roomId: RoomId): void {
    const rooms = this.#rooms.get(sessionId);
    rooms?.delete(roomId);
    if (rooms?.size === 0) this.#rooms.delete(sessionId);
  }

  /** Ends the connection; returns the places it had. */
  end(sessionId: SessionId): { roomId: RoomId; member: LocalMember }[] {
    const rooms = this.#rooms.get(sessionId) ?? new Map<RoomId, LocalMember>();
    this.#rooms.delete(sessionId);
    this.#entering.delete(sessionId);
    return [...rooms].map(([roomId, member]) => ({ roomId, member }));
  }
}
