// Which connection of this node is in which rooms. Must not know what a connection is made of.
import type { RoomId, SessionId } from '../../protocol/ids.ts';
import type { LocalMember } from '../contract/local-members.ts';

/** A place of a connection in a room. */
interface Place {
  readonly roomId: RoomId;
  readonly member: LocalMember;
}

/** Most connections are in one room and enter none: lists, and only while there is something in them. */
export class ConnectionRooms {
  readonly #open = new Set<SessionId>();
  readonly #places = new Map<SessionId, readonly Place[]>();
  /** The rooms that open connections are about to enter; one that is entered twice at once is here twice. */
  readonly #entering = new Map<SessionId, readonly RoomId[]>();

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

  /** Books a place for one more room, unless the connection has `limit` rooms already (CONN-8). Ends with unbook(). */
  book(sessionId: SessionId, roomId: RoomId, limit: number): boolean {
    if (!this.#open.has(sessionId)) return false;
    const entering = this.#entering.get(sessionId) ?? [];
    const rooms = new Set([...this.#placesOf(sessionId).map((place) => place.roomId), ...entering]);
    if (!rooms.has(roomId) && rooms.size >= limit) return false;
    this.#entering.set(sessionId, [...entering, roomId]);
    return true;
  }

  unbook(sessionId: SessionId, roomId: RoomId): void {
    const entering = this.#entering.get(sessionId) ?? [];
    const place = entering.indexOf(roomId);
    const others = entering.filter((_, index) => index !== place);
    if (others.length > 0) this.#entering.set(sessionId, others);
    else this.#entering.delete(sessionId);
  }

  #placesOf(sessionId: SessionId): readonly Place[] {
    return this.#places.get(sessionId) ?? [];
  }

  onJoined(sessionId: SessionId, roomId: RoomId, member: LocalMember): void {
    const others = this.#placesOf(sessionId).filter((place) => place.roomId !== roomId);
    this.#places.set(sessionId, [...others, { roomId, member }]);
  }

  memberOf(sessionId: SessionId, roomId: RoomId): LocalMember | null {
    return this.#placesOf(sessionId).find((place) => place.roomId === roomId)?.member ?? null;
  }

  onLeft(sessionId: SessionId, roomId: RoomId): void {
    const others = this.#placesOf(sessionId).filter((place) => place.roomId !== roomId);
    if (others.length > 0) this.#places.set(sessionId, others);
    else this.#places.delete(sessionId);
  }

  /** Ends the connection; returns the places it had. */
  close(sessionId: SessionId): readonly Place[] {
    const places = this.#placesOf(sessionId);
    this.#places.delete(sessionId);
    this.#entering.delete(sessionId);
    this.#open.delete(sessionId);
    return places;
  }
}
