// Room passwords: hashed before they reach the domain, and compared in constant time.
import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Random } from '../../ops/random.ts';

const scryptAsync = promisify(scrypt) as (
  password: string,
  salt: Buffer,
  length: number,
  options: ScryptOptions,
) => Promise<Buffer>;
const KEY_BYTES = 32;
/**
 * A quarter of Node's default: about 12 ms. A room's password is a few digits that many people know. The lock-out
 * (store/attempt-store) protects it; the hash only sets what one attempt costs this node.
 */
const COST = 4_096;
const SALT_BYTES = 16;

const derive = (password: string, salt: Buffer) => scryptAsync(password, salt, KEY_BYTES, { cost: COST });

/** `salt:key`, both base64url. Runs off the event loop. */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = random.bytes(SALT_BYTES);
  return `${salt.toString('base64url')}:${(await derive(password, salt)).toString('base64url')}`;
}

/** Whether the password fits the hash. Takes as long for a wrong password as for the right one. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [salt = '', key = ''] = hash.split(':');
  const expected = Buffer.from(key, 'base64url');
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64url')), expected);
}
