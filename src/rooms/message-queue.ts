// Runs what is said in a room on this node batch by batch, in order; what can wait waits for company. Must not know what a
// message is.
import type { CancelTimer, Clock } from '../ops/clock.ts';

/** How long taps may wait to be summed with others; below what an eye takes for late (MSG-2). */
export const PATIENCE_MS = 100;
/** More than this waiting means that the store cannot keep up; the rest is refused rather than delayed. */
const WAITING_MAX = 1_000;
/** One batch holds at most so many, so that its script and its packet stay bounded. */
const BATCH_MAX = 128;

/** How soon a job is to be run: `now`, or with the next batch, at the latest after PATIENCE_MS. */
export type Urgency = 'now' | 'soon';

export class MessageQueue<Job> {
  readonly #clock: Clock;
  readonly #run: (jobs: readonly Job[]) => Promise<void>;
  #waiting: Job[] = [];
  #isUrgent = false;
  #due: CancelTimer | null = null;
  #running: Promise<void> | null = null;

  /** `run` must settle its jobs itself and never reject. */
  constructor(clock: Clock, run: (jobs: readonly Job[]) => Promise<void>) {
    this.#clock = clock;
    this.#run = run;
  }

  /** False when the queue is full: the job was not taken. */
  add(job: Job, urgency: Urgency): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(job);
    if (urgency === 'now') this.#hurry();
    else this.#due ??= this.#clock.after(PATIENCE_MS, () => this.#hurry());
    return true;
  }

  /** Runs what waits and resolves when nothing waits or runs any more. */
  async settled(): Promise<void> {
    if (this.#waiting.length > 0) this.#hurry();
    while (this.#running) await this.#running;
  }

  #hurry(): void {
    this.#isUrgent = true;
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#isUrgent) {
      const jobs = this.#waiting.slice(0, BATCH_MAX);
      this.#waiting = this.#waiting.slice(BATCH_MAX);
      this.#isUrgent = this.#waiting.length > 0;
      this.#due?.();
      this.#due = null;
      if (jobs.length > 0) await this.#run(jobs);
    }
    this.#running = null;
  }
}
