// Memory engine of the directory: entries beside sorted indexes.
import type { Clock } from '../../ops/clock.ts';
import type { RoomId, UserId } from '../../protocol/ids.ts';
import { ALL_ROOMS, cursorAfter, directorySorts, nameBefore, nameIn, shelfOf } from '../directory-order.ts';
import {
  DIRECTORY_ENTRY_TTL_MS,
  type DirectoryEntry,
  type DirectoryPage,
  type DirectoryQuery,
  type DirectoryStore,
  OWNERSHIP_TTL_MS,
} from '../directory-store.ts';

interface Announced {
  readonly entry: DirectoryEntry;
  readonly at: number;
}

export class MemoryDirectoryStore implements DirectoryStore {
  /** In the order of their last announcements. */
  readonly #entries = new Map<string, Announced>();
  /** The names of rooms by sort and shelf, ascending. */
  readonly #indexes = new Map<string, string[]>();
  readonly #claims = new Claims();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async announce(entry: DirectoryEntry): Promise<void> {
    this.#sweep();
    const former = this.#unlist(entry.roomId);
    if (former && former.ownerId !== entry.ownerId) this.#claims.drop(former.ownerId, entry.roomId);
    this.#claims.note(entry.ownerId, entry.roomId, this.#clock.now());
    this.#entries.set(entry.roomId, { entry, at: this.#clock.now() });
    for (const { index, name } of positionsOf(entry)) {
      const names = this.#indexes.get(index) ?? [];
      names.splice(countBelow(names, name), 0, name);
      this.#indexes.set(index, names);
    }
  }

  async remove(roomId: RoomId): Promise<void> {
    this.#unlist(roomId);
  }

  async claim(ownerId: UserId, roomId: RoomId): Promise<void> {
    this.#claims.note(ownerId, roomId, this.#clock.now());
  }

  async disown(ownerId: UserId, roomId: RoomId): Promise<void> {
    this.#claims.drop(ownerId, roomId);
  }

  async ownedBy(ownerId: UserId): Promise<readonly RoomId[]> {
    this.#claims.forget(this.#clock.now());
    return this.#claims.of(ownerId);
  }

  async list(query: DirectoryQuery): Promise<DirectoryPage> {
    this.#sweep();
    const names = this.#indexes.get(`${query.sort}.${shelfOf(query.category)}`) ?? [];
    const after = nameBefore(query, query.cursor);
    const end = after === '' ? names.length : countBelow(names, after);
    const start = Math.max(0, end - query.limit);
    const listed = names.slice(start, end).reverse();
    const rooms = listed.flatMap((name) => this.#entries.get(name.slice(name.indexOf('.') + 1))?.entry ?? []);
    return { rooms, cursor: start > 0 ? cursorAfter(query, listed.at(-1) as string) : null };
  }

  #sweep(): void {
    const oldest = this.#clock.now() - DIRECTORY_ENTRY_TTL_MS;
    for (const [roomId, { at }] of this.#entries) {
      if (at > oldest) return;
      this.#unlist(roomId);
    }
  }

  /** Removes the room from all indexes. Returns its entry. */
  #unlist(roomId: string): DirectoryEntry | null {
    const old = this.#entries.get(roomId);
    if (!old) return null;
    this.#entries.delete(roomId);
    for (const { index, name } of positionsOf(old.entry)) {
      const names = this.#indexes.get(index) ?? [];
      names.splice(countBelow(names, name), 1);
      if (names.length === 0) this.#indexes.delete(index);
    }
    return old.entry;
  }
}

/** The rooms of each owner, as far as they were claimed and not forgotten. */
class Claims {
  readonly #rooms = new Map<UserId, Set<RoomId>>();
  /** By owner and room, in the order in which the claims were last made. */
  readonly #madeAt = new Map<string, { ownerId: UserId; roomId: RoomId; at: number }>();

  note(ownerId: UserId, roomId: RoomId, now: number): void {
    this.forget(now);
    this.drop(ownerId, roomId);
    this.#madeAt.set(`${ownerId}:${roomId}`, { ownerId, roomId, at: now });
    this.#rooms.set(ownerId, (this.#rooms.get(ownerId) ?? new Set()).add(roomId));
  }

  drop(ownerId: UserId, roomId: RoomId): void {
    this.#madeAt.delete(`${ownerId}:${roomId}`);
    const rooms = this.#rooms.get(ownerId);
    rooms?.delete(roomId);
    if (rooms?.size === 0) this.#rooms.delete(ownerId);
  }

  forget(now: number): void {
    for (const { ownerId, roomId, at } of this.#madeAt.values()) {
      if (at > now - OWNERSHIP_TTL_MS) return;
      this.drop(ownerId, roomId);
    }
  }

  of(ownerId: UserId): RoomId[] {
    return [...(this.#rooms.get(ownerId) ?? [])];
  }
}

/** The indexes that list a room, with its name in each. */
function positionsOf(entry: DirectoryEntry): { index: string; name: string }[] {
  const shelves = entry.category === null ? [ALL_ROOMS] : [ALL_ROOMS, shelfOf(entry.category)];
  return directorySorts.flatMap((sort) =>
    shelves.map((shelf) => ({ index: `${sort}.${shelf}`, name: nameIn(sort, entry) })),
  );
}

/** How many of the sorted names are lower than that one: the index at which it stands or belongs. */
function countBelow(names: readonly string[], name: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] as string) < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
