// Chance: the only source of ids and random numbers. Must not know what they are for.
import { randomBytes, randomInt } from 'node:crypto';

export interface Random {
  /** An id of the id alphabet, 22 characters, 128 bits: never the same twice. */
  id(): string;
  bytes(count: number): Buffer;
  /** An integer, `min` ≤ n < `max`. */
  integer(min: number, max: number): number;
}

export const systemRandom: Random = {
  id: () => randomBytes(16).toString('base64url'),
  bytes: (count) => randomBytes(count),
  integer: (min, max) => randomInt(min, max),
};
