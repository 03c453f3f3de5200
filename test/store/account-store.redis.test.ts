// The Redis engine keeps the contract of accounts. Besides: keys, their TTLs, nodes that died.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { SessionId } from '../../src/protocol/ids.ts';
import { createKeys } from '../../src/redis/keys.ts';
import {
  REVOCATION_NEWS_MS,
  REVOCATION_TTL_MS,
  SESSION_TTL_MS,
  SESSIONS_PER_USER_MAX,
} from '../../src/store/account-store.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { onItsOwn, uniqueId, userId } from '../support/stored-room.ts';
import { accountStoreContract } from './account-store.contract.ts';

let server: RedisServer;
let engines: Engines;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  engines = await redisEngines(server.url);
  redis = new Redis(server.url);
});

afterAll(async () => {
  redis?.disconnect();
  engines?.close();
  await server?.stop();
});

describe('Redis engine: account store', () => accountStoreContract(() => engines));

describe('Redis engine: keys of users', () => {
  const keys = createKeys('mw');

  test('[CONN-13][CONN-14][ROOM-9] all keys of users have TTLs; each user is in one slot', async () => {
    const user = userId(uniqueId('user'));
    const admission = {
      userId: user,
      sessionId: uniqueId('s') as SessionId,
      issuedAt: Date.now(),
      since: null,
      ...onItsOwn,
    };
    await engines.accounts.admit(admission);
    await engines.accounts.revoke(user, null);
    const lives = new Map([
      [keys.userSessions(user), SESSION_TTL_MS],
      [keys.userRevoked(user), REVOCATION_TTL_MS],
      [keys.revocations, REVOCATION_NEWS_MS],
    ]);
    for (const [key, ttlMs] of lives) {
      const left = await redis.pttl(key);
      expect(left, key).toBeGreaterThan(ttlMs - 60_000);
      expect(left, key).toBeLessThanOrEqual(ttlMs);
    }
    for (const key of keys.user(user)) expect(key).toContain(`{user:${user}}`);
  });

  test('[CONN-14] sessions of a dead node do not count against those of live nodes', async () => {
    const user = userId(uniqueId('user'));
    const long = Date.now() - SESSION_TTL_MS - 1_000;
    const dead = Array.from({ length: SESSIONS_PER_USER_MAX }, (_, index) => [
      `dead${index}`,
      `${long * 1000}|${long}`,
    ]);
    await redis.hset(keys.userSessions(user), ...dead.flat());
    const admission = {
      userId: user,
      sessionId: uniqueId('s') as SessionId,
      issuedAt: Date.now(),
      since: null,
      ...onItsOwn,
    };
    expect(await engines.accounts.admit(admission)).toMatchObject({ displaced: [] });
    expect(await redis.hkeys(keys.userSessions(user))).toEqual([admission.sessionId]);
  });
});
