// Redis engine of the directory: a hash of entries beside a sorted set of their order. Must not know rules.
import type { RoomId } from '../protocol/ids.ts';
import { type RedisKeys, ttls } from '../redis/keys.ts';
import type { RedisScripts } from '../redis/scripts.ts';
import type { StoreClock } from '../redis/store-clock.ts';
import {
  DIRECTORY_ENTRY_TTL_MS,
  type DirectoryEntry,
  type DirectoryPage,
  type DirectoryStore,
} from './directory-store.ts';

interface Parts {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
  readonly clock: StoreClock;
}

/** How many rooms are read at a time while looking for a page of live ones. */
const READ_AHEAD = 200;

export class RedisDirectoryStore implements DirectoryStore {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async announce(entry: DirectoryEntry): Promise<void> {
    const { scripts, keys, clock } = this.#parts;
    const text = JSON.stringify({ entry, announcedAt: clock.now() } satisfies Announced);
    await scripts.send((redis) =>
      redis
        .pipeline()
        .hset(keys.directoryEntries, entry.roomId, text)
        .zadd(keys.directoryNew, entry.createdAt, entry.roomId)
        .pexpire(keys.directoryEntries, ttls.directoryMs)
        .pexpire(keys.directoryNew, ttls.directoryMs)
        .exec(),
    );
  }

  async remove(roomId: RoomId): Promise<void> {
    await this.#forget([roomId]);
  }

  async list({ cursor, limit }: { cursor: string | null; limit: number }): Promise<DirectoryPage> {
    const rooms: DirectoryEntry[] = [];
    let place = cursor ?? '+inf.';
    for (;;) {
      const batch = await this.#read(place);
      for (const entry of batch.live) {
        if (rooms.length === limit) return { rooms, cursor: placeOf(rooms.at(-1)) };
        rooms.push(entry);
      }
      if (batch.last === null) return { rooms, cursor: null };
      place = batch.last;
    }
  }

  /** The live entries among the next rooms in order, and where the batch ended (null: at the end of the list). */
  async #read(place: string): Promise<{ live: DirectoryEntry[]; last: string | null }> {
    const { scripts, keys, clock } = this.#parts;
    const [score = '', after = ''] = place.split('.');
    const ranked = await scripts.send((redis) =>
      redis.zrevrangebyscore(keys.directoryNew, score, '-inf', 'WITHSCORES', 'LIMIT', 0, READ_AHEAD),
    );
    // Rooms of one millisecond are ordered by id, descending; those up to the cursor's room have been shown.
    const ids = ranked
      .filter((_, index) => index % 2 === 0)
      .filter((roomId, index) => after === '' || ranked[index * 2 + 1] !== score || roomId < after);
    if (ids.length === 0) return { live: [], last: null };
    const texts = await scripts.send((redis) => redis.hmget(keys.directoryEntries, ...ids));
    const announced = texts.map((text) => (text ? (JSON.parse(text) as Announced) : null));
    const oldest = clock.now() - DIRECTORY_ENTRY_TTL_MS;
    const isLive = (item: Announced | null): item is Announced => item !== null && item.announcedAt > oldest;
    const stale = ids.filter((_, index) => !isLive(announced[index] ?? null));
    if (stale.length > 0) await this.#forget(stale);
    const live = announced.filter(isLive).map(({ entry }) => entry);
    const lastScore = ranked.at(-1);
    return { live, last: ranked.length < READ_AHEAD * 2 ? null : `${lastScore}.${ids.at(-1)}` };
  }

  async #forget(roomIds: readonly string[]): Promise<void> {
    const { scripts, keys } = this.#parts;
    await scripts.send((redis) =>
      redis
        .pipeline()
        .hdel(keys.directoryEntries, ...roomIds)
        .zrem(keys.directoryNew, ...roomIds)
        .exec(),
    );
  }
}

interface Announced {
  readonly entry: DirectoryEntry;
  readonly announcedAt: number;
}

const placeOf = (entry: DirectoryEntry | undefined): string | null =>
  entry ? `${entry.createdAt}.${entry.roomId}` : null;
