// Redis engine of the sanctions: two hashes in the room's slot.
import { limits } from '../../domain/room.ts';
import type { UserId } from '../../protocol/ids.ts';
import { PLACEHOLDER } from '../../redis/keys.ts';
import { pairsOf } from '../../redis/reply.ts';
import { isInForce, pageOfBans, type Sanction, type SanctionStore } from '../sanction-store.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';
import { parseSanction } from './text-codecs.ts';

export function redisSanctionStore({ scripts, roomScripts, keys, storeClock }: RedisStoreDeps): SanctionStore {
  const readAll = async (key: string): Promise<Sanction[]> => {
    const texts = await scripts.send(key, (redis) => redis.hgetall(key));
    return inForce(Object.entries(texts), storeClock.now());
  };
  /** Reads the whole of a list that looks full. Only an addition prunes a list, and a full list gets none. */
  const count = async (key: string): Promise<number> => {
    const stored = Math.max(0, (await scripts.send(key, (redis) => redis.hlen(key))) - 1);
    return stored < limits.sanctions ? stored : (await readAll(key)).length;
  };
  const findIn = async (key: string, userIds: readonly UserId[]) => {
    const texts = userIds.length === 0 ? [] : await scripts.send(key, (redis) => redis.hmget(key, ...userIds));
    const fields = texts.flatMap((text, index) => (text === null ? [] : [[userIds[index], text] as [UserId, string]]));
    return { found: fields, count: await count(key) };
  };
  return {
    async find(roomId, userIds) {
      const lists = [keys.bans(roomId), keys.silences(roomId)] as const;
      const [bans, silences] = await Promise.all([findIn(lists[0], userIds), findIn(lists[1], userIds)]);
      const now = storeClock.now();
      const users = (fields: readonly [UserId, string][]) => new Set(inForce(fields, now).map(({ userId }) => userId));
      return {
        banned: users(bans.found),
        silenced: users(silences.found),
        bans: bans.count,
        silences: silences.count,
      };
    },

    /** Reads the whole list, which is bounded (domain limits.sanctions) and seldom asked for. */
    async bans(roomId, page) {
      return pageOfBans(await readAll(keys.bans(roomId)), page);
    },

    async all(roomId) {
      const { outcome, values } = await roomScripts.read(roomId, 'read-sanctions', []);
      if (outcome === 'absent') return { bans: [], silences: [] };
      const now = storeClock.now();
      const [banCount, ...texts] = values;
      const pairs = pairsOf(texts);
      return {
        bans: inForce(pairs.slice(0, Number(banCount)), now),
        silences: inForce(pairs.slice(Number(banCount)), now),
      };
    },
  };
}

/** The sanctions of a stored list that are in force. */
const inForce = (fields: readonly (readonly [string, string])[], now: number): Sanction[] =>
  fields
    .filter(([userId]) => userId !== PLACEHOLDER)
    .map(([userId, text]) => parseSanction(userId as UserId, text))
    .filter((sanction) => isInForce(sanction, now));
