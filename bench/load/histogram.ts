// Latencies as counts in steps of a tenth of a millisecond: adding is free, and percentiles are exact to that step.

/** Milliseconds; all 0 when nothing was measured. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly count: number;
}

const STEPS_PER_MS = 10;
const MAX_MS = 60_000;

export class Histogram {
  #counts = new Uint32Array(1_024);
  #count = 0;
  #maxMs = 0;

  /** A negative time counts as 0, and one above a minute as a minute; `max` keeps the real value. NaN is ignored. */
  add(ms: number): void {
    if (Number.isNaN(ms)) return;
    const step = Math.min(Math.max(Math.floor(ms * STEPS_PER_MS), 0), MAX_MS * STEPS_PER_MS);
    if (step >= this.#counts.length) this.#grow(step);
    this.#counts[step] = (this.#counts[step] as number) + 1;
    this.#count++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** The value that `share` (0–1) of all values do not exceed, as the upper end of its step; 0 without values. */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let step = 0; step < this.#counts.length; step++) {
      seen += this.#counts[step] as number;
      if (seen >= rank) return Math.min((step + 1) / STEPS_PER_MS, this.#maxMs);
    }
    return 0;
  }

  latency(): Latency {
    return { p50: this.percentile(0.5), p99: this.percentile(0.99), max: this.#maxMs, count: this.#count };
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
  }

  #grow(step: number): void {
    const wider = new Uint32Array(Math.max(step + 1, this.#counts.length * 2));
    wider.set(this.#counts);
    this.#counts = wider;
  }
}
