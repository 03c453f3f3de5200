// Runs what is said in a room on this node batch by batch, in order; what can wait waits for company, and where much is
// said everything waits a little. Must not know what a message is.
import { Rate } from '../../delivery/flush-window.ts';
import type { CancelTimer, Clock } from '../../ops/clock.ts';

/** How long taps may wait to be summed with others; below what an eye takes for late (MSG-2). */
export const SOON_MS = 100;
/** Below so many a second each message goes its own way at once. */
const LIVELY_PER_SECOND = 20;
/** Long enough that three friends who laugh at once are no lively room. */
const RATE_MEMORY_MS = 500;
/** Gathering saves the store a script, and every node a message, for each line; more than this would be felt (D5a). */
const GATHER_MAX_MS = 25;
/** So many a second earn a millisecond of gathering. */
const PER_SECOND_PER_GATHER_MS = 4;
/** More than this waiting means that the store cannot keep up; the rest is refused rather than delayed. */
const WAITING_MAX = 1_000;
/** One batch holds at most so many, so that its script and its packet stay bounded. */
const BATCH_MAX = 128;

/** How soon a job is to be run: with the next batch that may go, or with one at the latest after PATIENCE_MS. */
export type Urgency = 'now' | 'soon';

export class MessageBatcher<Job> {
  readonly #clock: Clock;
  readonly #run: (jobs: readonly Job[]) => Promise<void>;
  #waiting: Job[] = [];
  #isDue = false;
  #timer: { readonly at: number; readonly cancel: CancelTimer } | null = null;
  #running: Promise<void> | null = null;
  #isHurrying = false;
  readonly #rate = new Rate(RATE_MEMORY_MS);
  /** When the last batch went, monotonic. */
  #ranAt = Number.NEGATIVE_INFINITY;

  /** `run` must settle its jobs itself and never reject. */
  constructor(clock: Clock, run: (jobs: readonly Job[]) => Promise<void>) {
    this.#clock = clock;
    this.#run = run;
  }

  /** False when the queue is full: the job was not taken. */
  add(job: Job, urgency: Urgency): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(job);
    const now = this.#clock.monotonic();
    if (urgency === 'soon') {
      this.#hurryAt(now + SOON_MS);
      return true;
    }
    this.#rate.add(1, now);
    const at = this.#ranAt + gatherMs(this.#rate.at(now));
    if (this.#waiting.length >= BATCH_MAX) this.#hurry();
    else if (at <= now) this.#hurrySoon();
    else this.#hurryAt(at);
    return true;
  }

  /** Runs what waits and resolves when nothing waits or runs any more. */
  async idle(): Promise<void> {
    while (this.#running || this.#waiting.length > 0) {
      this.#hurry();
      await this.#running;
    }
  }

  /** With whatever else this turn of the event loop brings: a burst is one batch. */
  #hurrySoon(): void {
    if (this.#isHurrying) return;
    this.#isHurrying = true;
    this.#clock.soon(() => {
      this.#isHurrying = false;
      this.#hurry();
    });
  }

  #hurryAt(at: number): void {
    if (this.#timer && this.#timer.at <= at) return;
    this.#timer?.cancel();
    this.#timer = { at, cancel: this.#clock.after(at - this.#clock.monotonic(), () => this.#hurry()) };
  }

  #hurry(): void {
    this.#timer?.cancel();
    this.#timer = null;
    // A batch that has just gone took what this was about.
    if (this.#waiting.length === 0) return;
    this.#isDue = true;
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#isDue) {
      const jobs = this.#waiting.slice(0, BATCH_MAX);
      this.#waiting = this.#waiting.slice(BATCH_MAX);
      this.#isDue = this.#waiting.length > 0;
      this.#ranAt = this.#clock.monotonic();
      if (jobs.length > 0) await this.#run(jobs);
    }
    this.#running = null;
  }
}

const gatherMs = (perSecond: number): number =>
  perSecond < LIVELY_PER_SECOND ? 0 : Math.min(GATHER_MAX_MS, perSecond / PER_SECOND_PER_GATHER_MS);
