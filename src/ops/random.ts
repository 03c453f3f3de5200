// Chance: the only source of ids and random numbers. Must not know what they are for.
import { randomBytes, randomInt } from 'node:crypto';

export interface Random {
  /** An id of the id alphabet, 22 characters, 128 bits: never the same twice. */
  id(): string;
  bytes(count: number): Buffer;
  /** An integer, `min` ≤ n < `max`. */
  integer(min: number, max: number): number;
}

/** Asking the system for a few bytes costs as much as asking for some thousand. */
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
