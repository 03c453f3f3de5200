// Runs a room's turns on this node one after the other; all that came meanwhile shares the next. Must not know what a job is.

/** More than this waiting means that the store cannot keep up; the rest is refused rather than delayed. */
const WAITING_MAX = 1_000;
/** One commit carries at most so many commands, so that its size and its guards stay bounded. */
const TURN_JOBS_MAX = 128;

export class TurnQueue<Job> {
  #waiting: Job[] = [];
  #running: Promise<void> | null = null;
  readonly #run: (jobs: readonly Job[]) => Promise<void>;

  /** `run` must settle its jobs itself and never reject. */
  constructor(run: (jobs: readonly Job[]) => Promise<void>) {
    this.#run = run;
  }

  /** False when the queue is full: the job was not taken. */
  add(job: Job): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.addAlways(job);
    return true;
  }

  /** For jobs that must not be lost and of which there are few, however long the queue. */
  addAlways(job: Job): void {
    this.#waiting.push(job);
    this.#running ??= this.#drain();
  }

  /** Resolves when nothing waits or runs any more. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const jobs = this.#waiting.slice(0, TURN_JOBS_MAX);
      this.#waiting = this.#waiting.slice(TURN_JOBS_MAX);
      await this.#run(jobs);
    }
    this.#running = null;
  }
}
