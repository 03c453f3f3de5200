// The only source of ids and random numbers.
import { randomBytes, randomInt } from 'node:crypto';

export interface Random {
  /** An id: 128 bits as 22 characters of the id alphabet, never the same twice. */
  id(): string;
  bytes(count: number): Buffer;
  /** An integer, `min` ≤ n < `max`. */
  integer(min: number, max: number): number;
}

/** Reading a few bytes from the system costs as much as reading some thousand. */
const POOL_BYTES = 8 * 1024;
const ID_BYTES = 16;

let pool = Buffer.alloc(0);
let taken = 0;

function newId(): string {
  if (taken + ID_BYTES > pool.length) {
    pool = randomBytes(POOL_BYTES);
    taken = 0;
  }
  taken += ID_BYTES;
  return pool.toString('base64url', taken - ID_BYTES, taken);
}

export const systemRandom: Random = {
  id: newId,
  bytes: (count) => randomBytes(count),
  integer: (min, max) => randomInt(min, max),
};
