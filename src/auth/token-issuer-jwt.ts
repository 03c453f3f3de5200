// JWT engine of the token issuer. For development only: app.ts does not create it in production.
import type { Clock } from '../ops/clock.ts';
import { type JwtOptions, signToken } from './authenticator-jwt.ts';
import type { TokenIssuer } from './token-issuer.ts';

type IssuerOptions = Omit<JwtOptions, 'key'> & { readonly secret: string };

export const createJwtIssuer = (options: IssuerOptions, clock: Clock): TokenIssuer => ({
  async issue(claims, ttlMs) {
    const iat = Math.floor(clock.now() / 1000);
    const exp = iat + Math.ceil(ttlMs / 1000);
    const addressed = {
      ...(options.issuer === null ? {} : { iss: options.issuer }),
      ...(options.audience === null ? {} : { aud: options.audience }),
    };
    return { token: await signToken({ ...addressed, ...claims, iat, exp }, options.secret), expiresAt: exp * 1000 };
  },
});
