// JWT engine of the authenticator: one source of keys, the algorithms of its keys, our claims (CONN-2). Logs no token.
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../ops/clock.ts';
import { type Claims, claimsSchema } from '../protocol/handshake.ts';
import { reservedUserIds } from '../protocol/ids.ts';
import { type Authentication, type Authenticator, CLOCK_SKEW_MS } from './authenticator.ts';
import { createHmacVerify } from './hmac-jwt.ts';
import { type JwtAlgorithm, type JwtKey, keySetAlgorithms, parsePublicKey } from './jwt-key.ts';
import { createKeySet, KeySetAwayError } from './key-set-jwt.ts';

export interface JwtOptions {
  readonly key: JwtKey;
  readonly issuer: string | null;
  readonly audience: string | null;
}

type VerifyOptions = NonNullable<Parameters<typeof jwtVerify>[2]>;
/** Verifies a signature and the registered claims; rejects with jose's errors, or with KeySetAwayError. */
type Verify = (token: string, options: VerifyOptions) => Promise<{ readonly payload: JWTPayload }>;

export class JwtAuthenticator implements Authenticator {
  readonly #verify: Verify;
  readonly #options: JwtOptions;
  readonly #clock: Clock;

  /** Throws when the key cannot be used. */
  constructor(options: JwtOptions, clock: Clock) {
    this.#verify = createVerify(options.key, clock);
    this.#options = options;
    this.#clock = clock;
  }

  async authenticate(token: string): Promise<Authentication> {
    const { issuer, audience } = this.#options;
    const now = this.#clock.now();
    try {
      const { payload } = await this.#verify(token, {
        clockTolerance: CLOCK_SKEW_MS / 1000,
        currentDate: new Date(now),
        requiredClaims: ['sub', 'exp', 'iat'],
        ...(issuer === null ? {} : { issuer }),
        ...(audience === null ? {} : { audience }),
      });
      return toIdentity(claimsSchema.safeParse(payload).data, now);
    } catch (error) {
      if (error instanceof KeySetAwayError) return { ok: false, code: 'UNAVAILABLE' };
      return { ok: false, code: error instanceof errors.JWTExpired ? 'TOKEN_EXPIRED' : 'UNAUTHENTICATED' };
    }
  }
}

function createVerify(key: JwtKey, clock: Clock): Verify {
  switch (key.kind) {
    case 'secret': {
      const verify = createHmacVerify(key.secret);
      return async (token, options) => verify(token, options);
    }
    case 'publicKey': {
      const { key: publicKey, algorithm } = parsePublicKey(key.pem);
      return (token, options) => jwtVerify(token, publicKey, { ...options, algorithms: [algorithm] });
    }
    case 'jwks': {
      const keySet = createKeySet(key.url, clock);
      return (token, options) => jwtVerify(token, keySet, { ...options, algorithms: [...keySetAlgorithms] });
    }
  }
}

const HMAC: JwtAlgorithm = 'HS256';

function toIdentity(claims: Claims | undefined, now: number): Authentication {
  if (!claims || reservedUserIds.has(claims.sub)) return { ok: false, code: 'UNAUTHENTICATED' };
  const { sub, name, avatar, scope, level, realName, minor, iat, exp } = claims;
  // A token from the future would outlive a revocation of today (CONN-13).
  if (iat * 1000 > now + CLOCK_SKEW_MS) return { ok: false, code: 'UNAUTHENTICATED' };
  return {
    ok: true,
    identity: {
      userId: sub,
      name: name ?? sub,
      avatar: avatar ?? '',
      scope,
      level,
      realName,
      minor,
      issuedAt: iat * 1000,
      expiresAt: exp * 1000,
    },
  };
}

/** Signs a token in place of the app's backend, for development and tests. `claims` need `sub`, `iat` and `exp`. */
export const signToken = (claims: Record<string, unknown>, secret: string): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: HMAC }).sign(new TextEncoder().encode(secret));
