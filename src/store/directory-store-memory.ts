// Memory engine of the directory: entries beside sorted indexes. Must not know what makes a room worth listing.
import type { Clock } from '../ops/clock.ts';
import type { RoomId } from '../protocol/ids.ts';
import { ALL_ROOMS, cursorAfter, directorySorts, nameBefore, nameIn, shelfOf } from './directory-order.ts';
import {
  DIRECTORY_ENTRY_TTL_MS,
  type DirectoryEntry,
  type DirectoryPage,
  type DirectoryQuery,
  type DirectoryStore,
} from './directory-store.ts';

interface Announced {
  readonly entry: DirectoryEntry;
  readonly at: number;
}

export class MemoryDirectoryStore implements DirectoryStore {
  /** In the order of their last announcements. */
  readonly #entries = new Map<string, Announced>();
  /** By sort and shelf, the names of the rooms there, ascending. */
  readonly #indexes = new Map<string, string[]>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async announce(entry: DirectoryEntry): Promise<void> {
    this.#sweep();
    this.#unlist(entry.roomId);
    this.#entries.set(entry.roomId, { entry, at: this.#clock.now() });
    for (const { index, name } of placesOf(entry)) {
      const names = this.#indexes.get(index) ?? [];
      names.splice(countBelow(names, name), 0, name);
      this.#indexes.set(index, names);
    }
  }

  async remove(roomId: RoomId): Promise<void> {
    this.#unlist(roomId);
  }

  async list(query: DirectoryQuery): Promise<DirectoryPage> {
    this.#sweep();
    const names = this.#indexes.get(`${query.sort}.${shelfOf(query.category)}`) ?? [];
    const after = nameBefore(query, query.cursor);
    const end = after === '' ? names.length : countBelow(names, after);
    const start = Math.max(0, end - query.limit);
    const shown = names.slice(start, end).reverse();
    const rooms = shown.flatMap((name) => this.#entries.get(name.slice(name.indexOf('.') + 1))?.entry ?? []);
    return { rooms, cursor: start > 0 ? cursorAfter(query, shown.at(-1) as string) : null };
  }

  #sweep(): void {
    const oldest = this.#clock.now() - DIRECTORY_ENTRY_TTL_MS;
    for (const [roomId, { at }] of this.#entries) {
      if (at > oldest) return;
      this.#unlist(roomId);
    }
  }

  #unlist(roomId: string): void {
    const old = this.#entries.get(roomId);
    if (!old) return;
    this.#entries.delete(roomId);
    for (const { index, name } of placesOf(old.entry)) {
      const names = this.#indexes.get(index) ?? [];
      names.splice(countBelow(names, name), 1);
      if (names.length === 0) this.#indexes.delete(index);
    }
  }
}

/** The indexes in which a room stands, with its name in each. */
function placesOf(entry: DirectoryEntry): { index: string; name: string }[] {
  const shelves = entry.category === null ? [ALL_ROOMS] : [ALL_ROOMS, shelfOf(entry.category)];
  return directorySorts.flatMap((sort) =>
    shelves.map((shelf) => ({ index: `${sort}.${shelf}`, name: nameIn(sort, entry) })),
  );
}

/** How many of the sorted names are lower than that one, which is where it stands or belongs. */
function countBelow(names: readonly string[], name: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] as string) < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
