// Tokens of the harness's users, valid even for servers whose clocks are an hour off in either direction. Needs no
// package.
import { createHmac } from 'node:crypto';

const HOUR_S = 3_600;
const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

export function tokenFor(userId: string, secret: string): string {
  const now = Math.floor(Date.now() / 1_000);
  return signed({ sub: userId, iat: now - 2 * HOUR_S, exp: now + 12 * HOUR_S }, secret);
}

/** A token with these claims; times in seconds. */
export function signed(claims: Readonly<Record<string, unknown>>, secret: string): string {
  const text = `${HEADER}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
