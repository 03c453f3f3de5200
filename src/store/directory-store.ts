// Contract: the list of open rooms. It is derived from what the nodes announce, so a loss of it repairs itself.
import type { RoomId, UserId } from '../protocol/ids.ts';
import type { RoomEntry } from '../protocol/pages.ts';
import type { DirectorySort } from './directory-order.ts';
import { IDLE_ROOM_TTL_MS } from './room-store.ts';

/** One room as the directory lists it (ROOM-8). */
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
  /** Where the next page begins; null after the last one. */
  readonly cursor: string | null;
}

/** An entry that no node announced again within this time is no longer listed. Nodes announce every third of it. */
export const DIRECTORY_ENTRY_TTL_MS = 90_000;

/** A claim that no node repeated within this time is forgotten, like a room that no node serves. */
export const OWNERSHIP_TTL_MS = IDLE_ROOM_TTL_MS;

/** All may be repeated. They throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface DirectoryStore {
  /** Lists the room, or replaces its entry. Notes its owner as claim() does, in the place of an earlier owner. */
  announce(entry: DirectoryEntry): Promise<void>;
  /** Takes the room off the list. Its owner stays noted. */
  remove(roomId: RoomId): Promise<void>;
  /** Notes the owner of a room for OWNERSHIP_TTL_MS. */
  claim(ownerId: UserId, roomId: RoomId): Promise<void>;
  disown(ownerId: UserId, roomId: RoomId): Promise<void>;
  /** The rooms that were noted for the owner. Some may have ended or changed owners since: ask the room store. */
  ownedBy(ownerId: UserId): Promise<readonly RoomId[]>;
  /** The newest rooms first, or those with the largest audience; among equals the higher id first. */
  list(query: DirectoryQuery): Promise<DirectoryPage>;
}
