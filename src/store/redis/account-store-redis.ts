// Redis engine of the account store: the contract over redis/scripts. Must not know rooms.
import type { SessionId, UserId } from '../../protocol/ids.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import type { RedisScripts } from '../../redis/scripts.ts';
import {
  type AccountStore,
  type Admission,
  type AdmitResult,
  REVOCATION_NEWS_MS,
  REVOCATION_TTL_MS,
  type Revocation,
  SESSION_TTL_MS,
  SESSIONS_PER_USER_MAX,
} from '../account-store.ts';

interface RedisAccountStoreDeps {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

export class RedisAccountStore implements AccountStore {
  readonly #deps: RedisAccountStoreDeps;

  constructor(deps: RedisAccountStoreDeps) {
    this.#deps = deps;
  }

  async admit({ userId, sessionId, issuedAt, since, nodeId, gone }: Admission): Promise<AdmitResult> {
    const { scripts, keys } = this.#deps;
    const limits = [SESSIONS_PER_USER_MAX, SESSION_TTL_MS];
    const args = [userId, sessionId, seconds(issuedAt), since ?? '', ...limits, keys.usersChannel, nodeId, ...gone];
    const { outcome, values } = await scripts.run('admit-session', keys.user(userId), args);
    if (outcome === 'revoked') return { status: 'revoked' };
    const [admittedSince, ...displaced] = values;
    return { status: 'admitted', since: Number(admittedSince), displaced: displaced as SessionId[] };
  }

  async release({ userId, sessionId }: { userId: UserId; sessionId: SessionId }): Promise<void> {
    const { scripts, keys } = this.#deps;
    await scripts.send(keys.userSessions(userId), (redis, key) => redis.hdel(key, sessionId));
  }

  /**
   * Two slots, so two steps: first the list that deaf nodes read, then the refusal itself. Dying between them leaves
   * sessions closed and the caller without an answer, so that he asks again; the other way round he would be believed
   * to be out while his sessions went on.
   */
  async revoke(userId: UserId, until: number | null): Promise<Revocation> {
    const { scripts, keys } = this.#deps;
    const listed = await scripts.run('list-revocation', [keys.revocations], [userId, REVOCATION_NEWS_MS]);
    const at = Number(listed.values[0]);
    const ttlMs = Math.max(1, Math.ceil(until === null ? REVOCATION_TTL_MS : until - at));
    const args = [userId, seconds(at), at, ttlMs, keys.usersChannel];
    await scripts.run('revoke-user', keys.user(userId), args);
    return { userId, at };
  }

  async isRevoked({ userId, issuedAt }: { userId: UserId; issuedAt: number }): Promise<boolean> {
    const { scripts, keys } = this.#deps;
    const revokedSecond = await scripts.send(keys.userRevoked(userId), (redis, key) => redis.get(key));
    return revokedSecond !== null && seconds(issuedAt) <= Number(revokedSecond);
  }

  async revokedSince(at: number): Promise<readonly Revocation[]> {
    const { scripts, keys } = this.#deps;
    const listed = await scripts.send(keys.revocations, (redis, key) =>
      redis.zrangebyscore(key, at, '+inf', 'WITHSCORES'),
    );
    const revocations: Revocation[] = [];
    for (let index = 0; index + 1 < listed.length; index += 2) {
      revocations.push({ userId: listed[index] as UserId, at: Number(listed[index + 1]) });
    }
    return revocations;
  }
}
