// The store's clock as this node knows it: the last TIME heard, plus what has passed since. Must not ask Redis itself.
import type { Clock } from '../ops/clock.ts';

export class StoreClock {
  readonly #clock: Clock;
  #heard: { readonly time: number; readonly at: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Store time, Unix milliseconds; the machine's own clock until the store was heard. */
  now(): number {
    if (!this.#heard) return this.#clock.now();
    return Math.round(this.#heard.time + this.#clock.monotonic() - this.#heard.at);
  }

  /** Takes a reply of TIME, milliseconds. It is late by less than the round trip. */
  observe(time: number): void {
    this.#heard = { time, at: this.#clock.monotonic() };
  }
}
