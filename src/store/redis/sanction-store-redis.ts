// Redis engine of the sanctions: two hashes in the room's slot.
import { limits } from '../../domain/room.ts';
import type { RoomId, UserId } from '../../protocol/ids.ts';
import { PLACEHOLDER, type RedisKeys } from '../../redis/keys.ts';
import { pairsOf } from '../../redis/reply.ts';
import type { RoomScripts } from '../../redis/room-scripts.ts';
import type { RedisScripts } from '../../redis/scripts.ts';
import type { StoreClock } from '../../redis/store-clock.ts';
import {
  type BanPage,
  isInForce,
  pageOfBans,
  type RoomSanctions,
  type Sanction,
  type SanctionStore,
  type SanctionsFound,
} from '../sanction-store.ts';
import { parseSanction } from './sanction-codec.ts';

interface RedisSanctionStoreDeps {
  readonly scripts: RedisScripts;
  readonly roomScripts: RoomScripts;
  readonly keys: RedisKeys;
  readonly clock: StoreClock;
}

export class RedisSanctionStore implements SanctionStore {
  readonly #deps: RedisSanctionStoreDeps;

  constructor(deps: RedisSanctionStoreDeps) {
    this.#deps = deps;
  }

  async find(roomId: RoomId, userIds: readonly UserId[]): Promise<SanctionsFound> {
    const { scripts, keys } = this.#deps;
    const read = async (key: string) => ({
      texts: userIds.length === 0 ? [] : await scripts.send(key, (redis) => redis.hmget(key, ...userIds)),
      count: await this.#count(key),
    });
    const [bans, silences] = await Promise.all([read(keys.bans(roomId)), read(keys.silences(roomId))]);
    const now = this.#deps.clock.now();
    const sanctioned = (texts: readonly (string | null)[]) =>
      new Set(
        userIds.filter((userId, index) => {
          const text = texts[index];
          return typeof text === 'string' && isInForce(parseSanction(userId, text), now);
        }),
      );
    return {
      banned: sanctioned(bans.texts),
      silenced: sanctioned(silences.texts),
      bans: bans.count,
      silences: silences.count,
    };
  }

  /** Reads the whole of a list that looks full. Only an addition prunes a list, and a full list gets none. */
  async #count(key: string): Promise<number> {
    const { scripts } = this.#deps;
    const stored = Math.max(0, (await scripts.send(key, (redis) => redis.hlen(key))) - 1);
    if (stored < limits.sanctions) return stored;
    return (await this.#inForce(key)).length;
  }

  async #inForce(key: string): Promise<Sanction[]> {
    const { scripts, clock } = this.#deps;
    const texts = await scripts.send(key, (redis) => redis.hgetall(key));
    return inForce(Object.entries(texts), clock.now());
  }

  /** Reads the whole list, which is bounded (domain limits.sanctions) and seldom asked for. */
  async bans(roomId: RoomId, page: { readonly cursor: UserId | null; readonly limit: number }): Promise<BanPage> {
    return pageOfBans(await this.#inForce(this.#deps.keys.bans(roomId)), page);
  }

  async all(roomId: RoomId): Promise<RoomSanctions> {
    const { roomScripts, clock } = this.#deps;
    const { outcome, values } = await roomScripts.read(roomId, 'read-sanctions', []);
    if (outcome === 'absent') return { bans: [], silences: [] };
    const now = clock.now();
    const [count, ...texts] = values;
    const pairs = pairsOf(texts);
    return {
      bans: inForce(pairs.slice(0, Number(count)), now),
      silences: inForce(pairs.slice(Number(count)), now),
    };
  }
}

/** The sanctions of a stored list that are in force. */
const inForce = (fields: readonly (readonly [string, string])[], now: number): Sanction[] =>
  fields
    .filter(([userId]) => userId !== PLACEHOLDER)
    .map(([userId, text]) => parseSanction(userId as UserId, text))
    .filter((sanction) => isInForce(sanction, now));
