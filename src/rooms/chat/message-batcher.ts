// Batches the messages that this node writes to a room, in order. Reactions wait for company; in a lively room every
// message waits a little.
import { Batcher } from '../../ops/batcher.ts';
import type { CancelTimer, Clock } from '../../ops/clock.ts';
import { Rate } from '../../ops/rate.ts';

/** The time for which taps wait to be summed with others; shorter than the eye takes for late (MSG-2). */
export const SOON_MS = 100;
/** Below this rate each message is written at once. */
const LIVELY_PER_SECOND = 20;
/** Long enough that three friends who laugh at the same moment do not count as a lively room. */
const RATE_MEMORY_MS = 500;
/** Gathering saves the store a script, and every node a message, per line. A longer wait would be felt (D5a). */
const GATHER_MAX_MS = 25;
/** This rate earns a millisecond of gathering. */
const PER_SECOND_PER_GATHER_MS = 4;
/** More messages waiting than this mean that the store cannot keep up: the rest is refused rather than delayed. */
const WAITING_MAX = 1_000;
/** The size of a batch, so that its script and its packet stay bounded. */
const BATCH_MAX = 128;

/** When a job may run: in the next batch, or in one after SOON_MS at the latest. */
export type Urgency = 'now' | 'soon';

export class MessageBatcher<Job> {
  readonly #clock: Clock;
  readonly #batcher: Batcher<Job>;
  readonly #rate = new Rate(RATE_MEMORY_MS);
  #timer: { readonly at: number; readonly cancel: CancelTimer } | null = null;
  #isReleasingSoon = false;
  /** When the last batch went, monotonic. */
  #ranAt = Number.NEGATIVE_INFINITY;

  /** `run` must resolve its jobs itself and never reject. */
  constructor(clock: Clock, run: (jobs: readonly Job[]) => Promise<void>) {
    this.#clock = clock;
    const runNow = (jobs: readonly Job[]) => {
      this.#ranAt = clock.monotonic();
      return run(jobs);
    };
    this.#batcher = new Batcher(runNow, { batchMax: BATCH_MAX, waitingMax: WAITING_MAX });
  }

  /** False when too many jobs wait: the job was not taken. */
  add(job: Job, urgency: Urgency): boolean {
    if (!this.#batcher.hold(job)) return false;
    const now = this.#clock.monotonic();
    if (urgency === 'soon') {
      this.#releaseAt(now + SOON_MS);
      return true;
    }
    this.#rate.add(1, now);
    const at = this.#ranAt + gatherMs(this.#rate.at(now));
    if (this.#batcher.waiting >= BATCH_MAX) this.#release();
    else if (at <= now) this.#releaseSoon();
    else this.#releaseAt(at);
    return true;
  }

  /** Runs what waits; resolves when nothing waits or runs any more. */
  idle(): Promise<void> {
    return this.#batcher.idle();
  }

  /** Waits for the rest of this turn of the event loop: a burst is one batch. */
  #releaseSoon(): void {
    if (this.#isReleasingSoon) return;
    this.#isReleasingSoon = true;
    this.#clock.soon(() => {
      this.#isReleasingSoon = false;
      this.#release();
    });
  }

  #releaseAt(at: number): void {
    if (this.#timer && this.#timer.at <= at) return;
    this.#timer?.cancel();
    this.#timer = { at, cancel: this.#clock.after(at - this.#clock.monotonic(), () => this.#release()) };
  }

  #release(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#batcher.release();
  }
}

const gatherMs = (perSecond: number): number =>
  perSecond < LIVELY_PER_SECOND ? 0 : Math.min(GATHER_MAX_MS, perSecond / PER_SECOND_PER_GATHER_MS);
