// Redis engine of the account store: the contract over redis/scripts.
import type { SessionId, UserId } from '../../protocol/ids.ts';
import { pairsOf } from '../../redis/reply.ts';
import { type AccountStore, REVOCATION_TTL_MS } from '../account-store.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';

const seconds = (ms: number): number => Math.floor(ms / 1000);

export const redisAccountStore = ({ scripts, keys }: RedisStoreDeps): AccountStore => ({
  async admit({ userId, sessionId, issuedAt, since, nodeId, deadNodes }) {
    const args = [userId, sessionId, seconds(issuedAt), since ?? '', keys.usersChannel, nodeId, ...deadNodes];
    const { outcome, values } = await scripts.run('admit-session', keys.user(userId), args);
    if (outcome === 'revoked') return { status: 'revoked' };
    const [admittedSince, ...displaced] = values;
    return { status: 'admitted', since: Number(admittedSince), displaced: displaced as SessionId[] };
  },

  async release({ userId, sessionId }) {
    await scripts.send(keys.userSessions(userId), (redis, key) => redis.hdel(key, sessionId));
  },

  /**
   * Two slots, so two steps: first the list for nodes that miss the news, then the refusal itself. If this node dies
   * between them, sessions are closed and the caller gets no answer, so they ask again. In the other order the caller
   * would believe that the user is out, while the user's sessions go on.
   */
  async revoke(userId, until) {
    const listed = await scripts.run('list-revocation', [keys.revocations], [userId]);
    const at = Number(listed.values[0]);
    const ttlMs = Math.max(1, Math.ceil(until === null ? REVOCATION_TTL_MS : until - at));
    await scripts.run('revoke-user', keys.user(userId), [userId, seconds(at), at, ttlMs, keys.usersChannel]);
    return { userId, at };
  },

  async isRevoked({ userId, issuedAt }) {
    const revokedSecond = await scripts.send(keys.userRevoked(userId), (redis, key) => redis.get(key));
    return revokedSecond !== null && seconds(issuedAt) <= Number(revokedSecond);
  },

  async revokedSince(at) {
    const listed = await scripts.send(keys.revocations, (redis, key) =>
      redis.zrangebyscore(key, at, '+inf', 'WITHSCORES'),
    );
    return pairsOf(listed).map(([userId, revokedAt]) => ({ userId: userId as UserId, at: Number(revokedAt) }));
  },
});
