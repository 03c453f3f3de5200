// Memory engine of the directory. Must not know what makes a room worth listing.
import type { Clock } from '../ops/clock.ts';
import type { RoomId } from '../protocol/ids.ts';
import {
  DIRECTORY_ENTRY_TTL_MS,
  type DirectoryEntry,
  type DirectoryPage,
  type DirectoryStore,
} from './directory-store.ts';

export class MemoryDirectoryStore implements DirectoryStore {
  readonly #entries = new Map<RoomId, { entry: DirectoryEntry; announcedAt: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async announce(entry: DirectoryEntry): Promise<void> {
    this.#entries.set(entry.roomId, { entry, announcedAt: this.#clock.now() });
  }

  async remove(roomId: RoomId): Promise<void> {
    this.#entries.delete(roomId);
  }

  async list({ cursor, limit }: { cursor: string | null; limit: number }): Promise<DirectoryPage> {
    const oldest = this.#clock.now() - DIRECTORY_ENTRY_TTL_MS;
    for (const [roomId, { announcedAt }] of this.#entries) if (announcedAt <= oldest) this.#entries.delete(roomId);
    const sorted = [...this.#entries.values()]
      .map(({ entry }) => entry)
      .sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
      .filter((entry) => cursor === null || placeOf(entry) < padded(cursor));
    const rooms = sorted.slice(0, limit);
    const last = rooms.at(-1);
    return { rooms, cursor: last && sorted.length > limit ? `${last.createdAt}.${last.roomId}` : null };
  }
}

const padded = (cursor: string): string => {
  const [createdAt = '', roomId = ''] = cursor.split('.');
  return `${createdAt.padStart(16, '0')}.${roomId}`;
};
const placeOf = (entry: DirectoryEntry): string => padded(`${entry.createdAt}.${entry.roomId}`);
