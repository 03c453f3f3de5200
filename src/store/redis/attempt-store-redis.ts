// Redis engine of the password attempts: one counter with a TTL for each user and room.
import type { AttemptStore } from '../attempt-store.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';

export const redisAttemptStore = ({ scripts, keys }: RedisStoreDeps): AttemptStore => ({
  async attempt(roomId, userId) {
    const { outcome, values } = await scripts.run('count-attempt', [keys.attempts(roomId, userId)], []);
    return outcome === 'locked' ? { status: 'locked', retryAfterMs: Number(values[0]) } : { status: 'allowed' };
  },

  async forgive(roomId, userId) {
    await scripts.send(keys.attempts(roomId, userId), (redis, key) => redis.del(key));
  },
});
