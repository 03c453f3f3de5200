// Redis engine of the scan: SCAN on every master, for the keys of stages.
import { DEADLINE_MS } from '../../redis/command-link.ts';
import { throwStoreFailure } from '../../redis/command-links.ts';
import type { Redis } from '../../redis/connections.ts';
import { SCAN_CLAIM_MS, type ScanStore } from '../scan-store.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';

/** How many keys of any kind Redis passes over in a step: this takes some 0.1 ms and finds some thirty rooms. */
const KEYS_AT_ONCE = 300;

export const redisScanStore = ({ links, scripts, keys }: RedisStoreDeps): ScanStore => ({
  async claim() {
    const answer = await scripts.send(keys.scan, (redis, key) => redis.set(key, '1', 'PX', SCAN_CLAIM_MS, 'NX'));
    return answer === 'OK';
  },

  /** A position is the index of a master and the cursor there. A room that moves to another comes in the next scan. */
  async next(position) {
    const [index = 0, cursor = 0] = (position ?? '0/0').split('/').map(Number);
    const masters = links.masters();
    const link = masters[index];
    if (!link) return { rooms: [], position: null };
    const scan = (redis: Redis) => redis.scan(cursor, 'MATCH', keys.stagePattern, 'COUNT', KEYS_AT_ONCE);
    const [next, stages] = await link.call(scan, DEADLINE_MS).catch(throwStoreFailure);
    const asked = stages.map((stage) => link.call((redis) => redis.hget(stage, 'isClosed'), DEADLINE_MS));
    const answers = await Promise.allSettled(asked);
    // A room that cannot be read, because it moves to another master, counts as open: one look too many does no harm.
    const isOpen = (at: number) => {
      const answer = answers[at];
      return answer?.status !== 'fulfilled' || answer.value === '0';
    };
    const rooms = stages.filter((_, at) => isOpen(at)).map((stage) => keys.roomOfStage(stage));
    if (next !== '0') return { rooms, position: `${index}/${next}` };
    return { rooms, position: index + 1 < masters.length ? `${index + 1}/0` : null };
  },
});
