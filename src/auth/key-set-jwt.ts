// The keys of a key server (JWKS): cached, fetched again for an unknown key, and still used while the server is away.
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../ops/clock.ts';

/** The longest time that a handshake waits for the key server. A client gives up after 20 s, a phone earlier. */
const FETCH_TIMEOUT_MS = 2_000;
/** For this time keys are used without asking again. So a withdrawn key is accepted for at most this time. */
const CACHE_MAX_AGE_MS = 10 * 60_000;
/** Tokens with unknown keys make us ask the server at most once in this time, however many are sent. */
const COOLDOWN_MS = 30_000;
/** After a failure the server is not asked for this time, so that no handshake waits for it. */
const RETRY_AFTER_MS = 5_000;

/** The key server does not answer, and the remembered keys do not fit. The token may still be good. */
export class KeySetAwayError extends Error {
  override readonly name = 'KeySetAwayError';
}

/** Finds a token's key in the set at `url`. Throws KeySetAwayError, or jose's own error if the token is wrong. */
export function createKeySet(url: string, clock: Clock): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: CACHE_MAX_AGE_MS,
    cooldownDuration: COOLDOWN_MS,
  });
  let failedAt: number | null = null;

  /** While the server is away, the keys that it sent last are used. */
  const fromMemory: JWTVerifyGetKey = async (header, token) => {
    const known = remote.jwks();
    if (!known) throw new KeySetAwayError('the key server has never answered');
    return createLocalJWKSet(known)(header, token).catch((error: unknown) => {
      // The key may be newer than the remembered ones.
      throw error instanceof errors.JWKSNoMatchingKey ? new KeySetAwayError('the key is not known') : error;
    });
  };

  return async (header, token) => {
    if (failedAt !== null && clock.monotonic() - failedAt < RETRY_AFTER_MS) return fromMemory(header, token);
    try {
      const key = await remote(header, token);
      failedAt = null;
      return key;
    } catch (error) {
      if (isAboutTheToken(error)) throw error;
      failedAt = clock.monotonic();
      return fromMemory(header, token);
    }
  };
}

/** All other errors are the key server's failure: no answer, a wrong status, or an answer that is not a key set. */
const isAboutTheToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;
