// Which member received which measured event, and when. Reach, doubled events and latencies are sums over it. It is
// exact by event and member, so one lost and one doubled event never cancel out.
import type { Marked } from '../chat-text.ts';
import { Histogram, type Latency } from './histogram.ts';

/** The events numbered from `from` on, `count` of them, each expected once by each of `members`. */
export interface Expectation {
  readonly from: number;
  readonly count: number;
  readonly members: number;
}

export interface Tally {
  /** First arrivals of expected events, over all members. */
  readonly delivered: number;
  readonly doubled: number;
  /** From sending to each member. */
  readonly each: Latency;
  /** From sending to the last member. Events that have not reached all members are left out. */
  readonly last: Latency;
}

export class Ledger {
  readonly #expected: Expectation;
  /** One byte for each event and member: how often it arrived. */
  readonly #arrivals: Uint8Array;
  readonly #reached: Uint32Array;
  readonly #each = new Histogram();
  readonly #last = new Histogram();
  #delivered = 0;
  #doubled = 0;

  constructor(expected: Expectation) {
    this.#expected = expected;
    this.#arrivals = new Uint8Array(expected.count * expected.members);
    this.#reached = new Uint32Array(expected.count);
  }

  /**
   * Member number `member` received these at `nowMs`, by the clock of `sentAtMs`. Events of other phases are ignored.
   */
  note(member: number, marks: readonly Marked[], nowMs: number): void {
    const { from, count, members } = this.#expected;
    for (const { seq, sentAtMs } of marks) {
      const index = seq - from;
      if (index < 0 || index >= count || member >= members) continue;
      const cell = index * members + member;
      if (this.#arrivals[cell] !== 0) {
        this.#doubled++;
        continue;
      }
      this.#arrivals[cell] = 1;
      this.#delivered++;
      this.#each.add(nowMs - sentAtMs);
      const reached = (this.#reached[index] as number) + 1;
      this.#reached[index] = reached;
      if (reached === members) this.#last.add(nowMs - sentAtMs);
    }
  }

  tally(): Tally {
    return {
      delivered: this.#delivered,
      doubled: this.#doubled,
      each: this.#each.latency(),
      last: this.#last.latency(),
    };
  }
}
