// JWT engine of the authenticator: HS256 with one shared secret (CONN-2). The only importer of jose; never logs a token.
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../ops/clock.ts';
import { type Claims, claimsSchema } from '../protocol/handshake.ts';
import { reservedUserIds } from '../protocol/ids.ts';
import { type Authentication, type Authenticator, CLOCK_SKEW_MS } from './authenticator.ts';

export interface JwtOptions {
  readonly secret: string;
  readonly issuer: string | null;
  readonly audience: string | null;
}

/** The algorithm belongs to the key, not to the token's header: `none` and key confusion have no way in. */
const ALGORITHM = 'HS256';

export class JwtAuthenticator implements Authenticator {
  readonly #key: Uint8Array;
  readonly #options: JwtOptions;
  readonly #clock: Clock;

  constructor(options: JwtOptions, clock: Clock) {
    this.#key = new TextEncoder().encode(options.secret);
    this.#options = options;
    this.#clock = clock;
  }

  async authenticate(token: string): Promise<Authentication> {
    const { issuer, audience } = this.#options;
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        clockTolerance: CLOCK_SKEW_MS / 1000,
        currentDate: new Date(this.#clock.now()),
        requiredClaims: ['sub', 'exp', 'iat'],
        ...(issuer === null ? {} : { issuer }),
        ...(audience === null ? {} : { audience }),
      });
      return toIdentity(claimsSchema.safeParse(payload).data);
    } catch (error) {
      return { ok: false, code: error instanceof errors.JWTExpired ? 'TOKEN_EXPIRED' : 'UNAUTHENTICATED' };
    }
  }
}

function toIdentity(claims: Claims | undefined): Authentication {
  if (!claims || reservedUserIds.has(claims.sub)) return { ok: false, code: 'UNAUTHENTICATED' };
  const { sub, name, avatar, scope, level, realName, minor, iat, exp } = claims;
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

/** Signs a token as the app's backend would; for development and tests. `claims` need `sub`, `iat` and `exp`. */
export const signToken = (claims: Record<string, unknown>, secret: string): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM }).sign(new TextEncoder().encode(secret));
