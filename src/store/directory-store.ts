// Contract: the list of open rooms, derived from what the nodes that hold them announce. Loses nothing that matters.
import type { RoomId, UserId } from '../protocol/ids.ts';
import type { RoomEntry } from '../protocol/pages.ts';
import type { DirectorySort } from './directory-order.ts';
import { IDLE_ROOM_TTL_MS } from './room-store.ts';

/** One line of the directory (ROOM-8). */
export type DirectoryEntry = RoomEntry;

export interface DirectoryQuery {
  readonly sort: DirectorySort;
  /** Null: rooms of all categories, and of none. */
  readonly category: string | null;
  /** Null: the first page; otherwise a cursor of this order and category (isCursorOf in directory-order). */
  readonly cursor: string | null;
  readonly limit: number;
}

export interface DirectoryPage {
  readonly rooms: readonly DirectoryEntry[];
  /** Names where the next page begins; null after the last one. */
  readonly cursor: string | null;
}

/** An entry that nobody has announced anew for so long is no longer listed; nodes announce every third of it. */
export const DIRECTORY_ENTRY_TTL_MS = 90_000;

/** A claim that nobody has repeated for so long is forgotten, as a room is that no node holds. */
export const OWNERSHIP_TTL_MS = IDLE_ROOM_TTL_MS;

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer; all may be repeated. */
export interface DirectoryStore {
  /** Lists the room, or replaces its line. */
  announce(entry: DirectoryEntry): Promise<void>;
  /** Takes it off the list; whose it is stays noted. */
  remove(roomId: RoomId): Promise<void>;
  /** Notes whose room it is, for OWNERSHIP_TTL_MS; announce() does so, too, and takes it from who was the owner before. */
  claim(ownerId: UserId, roomId: RoomId): Promise<void>;
  disown(ownerId: UserId, roomId: RoomId): Promise<void>;
  /** The rooms that were noted as his. Some may have ended or changed hands since: ask the room store. */
  ownedBy(ownerId: UserId): Promise<readonly RoomId[]>;
  /** The newest rooms first, or those with the largest audience; of equals, the one with the higher id. */
  list(query: DirectoryQuery): Promise<DirectoryPage>;
}
