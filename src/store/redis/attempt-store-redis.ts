// Redis engine of the password attempts: one counter with a TTL for each user and room.
import type { RoomId, UserId } from '../../protocol/ids.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import type { RedisScripts } from '../../redis/scripts.ts';
import type { AttemptResult, AttemptStore } from '../attempt-store.ts';

interface RedisAttemptStoreDeps {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
}

export class RedisAttemptStore implements AttemptStore {
  readonly #deps: RedisAttemptStoreDeps;

  constructor(deps: RedisAttemptStoreDeps) {
    this.#deps = deps;
  }

  async attempt(roomId: RoomId, userId: UserId): Promise<AttemptResult> {
    const { scripts, keys } = this.#deps;
    const { outcome, values } = await scripts.run('count-attempt', [keys.attempts(roomId, userId)], []);
    return outcome === 'locked' ? { status: 'locked', retryAfterMs: Number(values[0]) } : { status: 'allowed' };
  }

  async forgive(roomId: RoomId, userId: UserId): Promise<void> {
    const { scripts, keys } = this.#deps;
    await scripts.send(keys.attempts(roomId, userId), (redis, key) => redis.del(key));
  }
}
