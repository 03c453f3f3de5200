// Repeatable chance: the same seed gives the same throws.
import type { Random } from '../../src/ops/random.ts';

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ID_LENGTH = 22;

/** Mulberry32: small, quick, good enough to choose faults with. */
export class Dice implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    // Neighbouring seeds begin alike; a few throws separate them.
    for (let index = 0; index < 4; index++) this.fraction();
  }

  /** 0 ≤ x < 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  integer(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min));
  }

  /** True in this percentage of throws. */
  chance(percent: number): boolean {
    return this.fraction() * 100 < percent;
  }

  /** One of them; there must be one. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.integer(0, items.length)] as Item;
  }

  /** All of them in another order. */
  shuffle<Item>(items: readonly Item[]): Item[] {
    const left = [...items];
    return items.map(() => left.splice(this.integer(0, left.length), 1)[0] as Item);
  }

  /** Dice of its own, which do not change when others throw more or less often. */
  fork(): Dice {
    return new Dice(this.integer(0, 2 ** 32));
  }

  id(): string {
    let id = '';
    for (let index = 0; index < ID_LENGTH; index++) id += ID_ALPHABET[this.integer(0, ID_ALPHABET.length)];
    return id;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.integer(0, 256)));
  }
}
