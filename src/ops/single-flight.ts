// One run at a time: callers that come during a run share it.

export class SingleFlight {
  readonly #task: () => Promise<void>;
  #running: Promise<void> | null = null;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Shares the run in flight, or begins one. Rejects as the task does. */
  run(): Promise<void> {
    this.#running ??= this.#task().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Waits for the run in flight, and shares one that begins after this call. */
  async runAgain(): Promise<void> {
    await this.#running?.catch(() => undefined);
    await this.run();
  }
}
