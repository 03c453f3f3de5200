// Redis engine of the directory: the contract over redis/scripts.
import type { RoomId } from '../../protocol/ids.ts';
import { cursorAfter, nameBefore, nameIn, shelfOf } from '../directory-order.ts';
import type { DirectoryEntry, DirectoryStore } from '../directory-store.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';

/** How many calls may fill a page that meets rooms which are no longer listed; then it goes out as it is. */
const LIST_ROUNDS_MAX = 5;

export const redisDirectoryStore = ({ scripts, keys }: RedisStoreDeps): DirectoryStore => ({
  async announce(entry) {
    const shelf = entry.category === null ? '' : shelfOf(entry.category);
    const names = [nameIn('new', entry), nameIn('audience', entry)];
    const args = [entry.roomId, shelf, ...names, entry.ownerId, JSON.stringify(entry)];
    await scripts.run('announce-directory', keys.directory, args);
  },

  async remove(roomId) {
    await scripts.run('remove-directory', keys.directory, [roomId]);
  },

  async claim(ownerId, roomId) {
    await scripts.run('claim-directory', keys.directory, [ownerId, roomId]);
  },

  async disown(ownerId, roomId) {
    await scripts.send(keys.owned(ownerId), (redis, key) => redis.zrem(key, roomId));
  },

  async ownedBy(ownerId) {
    return (await scripts.send(keys.owned(ownerId), (redis, key) => redis.zrange(key, '0', '-1'))) as RoomId[];
  },

  async list(query) {
    const { sort, category, limit } = query;
    const scriptKeys = [...keys.directory, keys.directoryIndex(sort, shelfOf(category))];
    const rooms: DirectoryEntry[] = [];
    let after = nameBefore(query, query.cursor);
    for (let round = 0; round < LIST_ROUNDS_MAX && rooms.length < limit; round++) {
      const { values } = await scripts.read('list-directory', scriptKeys, [after, limit - rooms.length]);
      const [next = '', ...texts] = values;
      rooms.push(...texts.map((text) => JSON.parse(text) as DirectoryEntry));
      if (next === '') return { rooms, cursor: null };
      after = next;
    }
    return { rooms, cursor: cursorAfter(query, after) };
  },
});
