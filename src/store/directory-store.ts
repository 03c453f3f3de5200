// Contract: the list of open rooms, derived from what the nodes that hold them announce. Loses nothing that matters.
import type { RoomId, UserId } from '../protocol/ids.ts';

/** One line of the directory (ROOM-8). */
export interface DirectoryEntry {
  readonly roomId: RoomId;
  readonly title: string;
  readonly cover: string | null;
  readonly category: string | null;
  readonly tags: readonly string[];
  readonly ownerId: UserId;
  readonly seatMode: string;
  readonly seatCount: number;
  readonly seatsTaken: number;
  readonly audienceCount: number;
  readonly hasPassword: boolean;
  readonly createdAt: number;
}

export interface DirectoryPage {
  readonly rooms: readonly DirectoryEntry[];
  /** Names where the next page begins; null after the last one. */
  readonly cursor: string | null;
}

/** An entry that nobody has announced anew for so long is no longer listed; nodes announce every third of it. */
export const DIRECTORY_ENTRY_TTL_MS = 90_000;

/** `<createdAt>.<roomId>` of the last room on the page before. */
export const cursorPattern = /^\d{1,16}\.[A-Za-z0-9_-]{1,63}$/;

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface DirectoryStore {
  announce(entry: DirectoryEntry): Promise<void>;
  remove(roomId: RoomId): Promise<void>;
  /** Newest rooms first. */
  list(page: { readonly cursor: string | null; readonly limit: number }): Promise<DirectoryPage>;
}
