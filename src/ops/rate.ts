// How often something happens, measured over the last moments. Older moments weigh less and less.

/** The present rate of something. Its memory fades over about `memoryMs`. */
export class Rate {
  readonly #memoryMs: number;
  #perSecond = 0;
  #at = 0;

  constructor(memoryMs: number) {
    this.#memoryMs = memoryMs;
  }

  /** It happened `count` more times at that moment (monotonic, milliseconds). */
  add(count: number, now: number): void {
    this.#perSecond = this.at(now) + (count * 1_000) / this.#memoryMs;
    this.#at = now;
  }

  /** How often it happens per second, as of that moment. */
  at(now: number): number {
    return this.#perSecond * Math.exp(-(now - this.#at) / this.#memoryMs);
  }
}
