// Random numbers with a seed: the same seed gives the same numbers again.

export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 up to, not including, `end` (mulberry32). */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Text of all sorts of characters, also of invalid ones. */
  text(length: number): string {
    const alphabets = ['abc{}[]":,\\', '0123456789-+.eE', '音乐😀\u0000\u202e\ud800\udc00"', '__proto__constructor'];
    const alphabet = this.pick(alphabets);
    return Array.from({ length }, () => alphabet.charAt(this.below(alphabet.length))).join('');
  }
}
