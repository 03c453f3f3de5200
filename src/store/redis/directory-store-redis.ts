// Redis engine of the directory: the contract over redis/scripts.
import type { RoomId, UserId } from '../../protocol/ids.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import type { RedisScripts } from '../../redis/scripts.ts';
import { cursorAfter, nameBefore, nameIn, shelfOf } from '../directory-order.ts';
import type { DirectoryEntry, DirectoryPage, DirectoryQuery, DirectoryStore } from '../directory-store.ts';

interface RedisDirectoryStoreDeps {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
}

/** How many calls may fill a page that meets rooms which are no longer listed; then it goes out as it is. */
const LIST_ROUNDS_MAX = 5;

export class RedisDirectoryStore implements DirectoryStore {
  readonly #deps: RedisDirectoryStoreDeps;

  constructor(deps: RedisDirectoryStoreDeps) {
    this.#deps = deps;
  }

  async announce(entry: DirectoryEntry): Promise<void> {
    const { scripts, keys } = this.#deps;
    const shelf = entry.category === null ? '' : shelfOf(entry.category);
    const names = [nameIn('new', entry), nameIn('audience', entry)];
    const args = [entry.roomId, shelf, ...names, entry.ownerId, JSON.stringify(entry)];
    await scripts.run('announce-directory', keys.directory, args);
  }

  async remove(roomId: RoomId): Promise<void> {
    const { scripts, keys } = this.#deps;
    await scripts.run('remove-directory', keys.directory, [roomId]);
  }

  async claim(ownerId: UserId, roomId: RoomId): Promise<void> {
    const { scripts, keys } = this.#deps;
    await scripts.run('claim-directory', keys.directory, [ownerId, roomId]);
  }

  async disown(ownerId: UserId, roomId: RoomId): Promise<void> {
    const { scripts, keys } = this.#deps;
    await scripts.send(keys.owned(ownerId), (redis, key) => redis.zrem(key, roomId));
  }

  async ownedBy(ownerId: UserId): Promise<readonly RoomId[]> {
    const { scripts, keys } = this.#deps;
    return (await scripts.send(keys.owned(ownerId), (redis, key) => redis.zrange(key, '0', '-1'))) as RoomId[];
  }

  async list(query: DirectoryQuery): Promise<DirectoryPage> {
    const { scripts, keys } = this.#deps;
    const { sort, category, limit } = query;
    const scriptKeys = [...keys.directory, keys.directoryIndex(sort, shelfOf(category))];
    const rooms: DirectoryEntry[] = [];
    let after = nameBefore(query, query.cursor);
    for (let round = 0; round < LIST_ROUNDS_MAX && rooms.length < limit; round++) {
      const args = [after, limit - rooms.length];
      const { values } = await scripts.read('list-directory', scriptKeys, args);
      const [next = '', ...texts] = values;
      rooms.push(...texts.map((text) => JSON.parse(text) as DirectoryEntry));
      if (next === '') return { rooms, cursor: null };
      after = next;
    }
    return { rooms, cursor: cursorAfter(query, after) };
  }
}
