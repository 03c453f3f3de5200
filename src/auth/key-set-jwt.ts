// The keys of a key server (JWKS): cached, fetched anew for keys not seen before, and used on when it is away. Must not
// know tokens' claims.
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../ops/clock.ts';

/** A handshake waits for the key server no longer than this; the client has 20 s of patience, a phone less. */
const FETCH_TIMEOUT_MS = 2_000;
/** So long keys are used without asking; a key that was withdrawn goes on being believed as long. */
const CACHE_MAX_AGE_MS = 10 * 60_000;
/** Tokens that name unknown keys make us ask at most so often, whoever sends them. */
const COOLDOWN_MS = 30_000;
/** After a failure nobody waits for the next try before this. */
const RETRY_AFTER_MS = 5_000;

/** The key server does not answer and the keys known from before do not help: the token may be good all the same. */
export class KeySetAwayError extends Error {
  override readonly name = 'KeySetAwayError';
}

/** Finds a token's key at that address; throws KeySetAwayError, or jose's own error when the token is at fault. */
export function createKeySet(url: string, clock: Clock): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: CACHE_MAX_AGE_MS,
    cooldownDuration: COOLDOWN_MS,
  });
  let failedAt: number | null = null;

  /** Keys outlive their server: while it is away the last ones are believed. */
  const fromMemory: JWTVerifyGetKey = async (header, token) => {
    const known = remote.jwks();
    if (!known) throw new KeySetAwayError('the key server has never answered');
    return createLocalJWKSet(known)(header, token).catch((error: unknown) => {
      // It may be a key that is newer than our memory.
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

/** Everything else is the key server's failure: no answer, a wrong status, or something that is no key set. */
const isAboutTheToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;
