// Tokens of the bench's users: HS256, signed with the secret that the bench gave to the server. Needs no package.
import { createHmac } from 'node:crypto';

const HEADER = encode({ alg: 'HS256', typ: 'JWT' });
const LIFE_S = 3_600;

export interface TokenRequest {
  readonly userId: string;
  readonly secret: string;
  readonly scope?: 'service' | 'admin';
  /** Unix seconds. */
  readonly nowS?: number;
}

export function signToken({ userId, secret, scope, nowS = Math.floor(Date.now() / 1_000) }: TokenRequest): string {
  const claims = encode({ sub: userId, iat: nowS, exp: nowS + LIFE_S, ...(scope ? { scope } : {}) });
  const signed = `${HEADER}.${claims}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
