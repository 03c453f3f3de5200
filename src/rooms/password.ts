// Room passwords: hashed before they reach the domain, compared in constant time. Must not know who may set them.
import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Random } from '../ops/random.ts';

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** `salt:key`, both base64url. Runs off the event loop. */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = random.bytes(SALT_BYTES);
  return `${salt.toString('base64url')}:${(await derive(password, salt, KEY_BYTES)).toString('base64url')}`;
}

/** Whether that is the password; takes as long for a wrong one as for the right one. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [salt = '', key = ''] = hash.split(':');
  const expected = Buffer.from(key, 'base64url');
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64url'), KEY_BYTES), expected);
}
