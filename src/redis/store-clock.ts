// The store's clock as this node knows it: the last TIME received, plus the time since then.
import type { Clock } from '../ops/clock.ts';

export class StoreClock {
  readonly #clock: Clock;
  #last: { readonly time: number; readonly at: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Store time, Unix milliseconds; before the first reply the time of this machine. */
  now(): number {
    if (!this.#last) return this.#clock.now();
    return Math.round(this.#last.time + this.#clock.monotonic() - this.#last.at);
  }

  /** Takes a reply of TIME, in milliseconds. It is late by less than the round trip. */
  observe(time: number): void {
    this.#last = { time, at: this.#clock.monotonic() };
  }
}
