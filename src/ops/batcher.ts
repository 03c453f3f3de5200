// A batcher: one run at a time. Items that arrive during a run share the next one, in their order.

interface BatcherOptions {
  /** How many items one run gets at most. */
  readonly batchMax: number;
  /** With this many waiting items `add` and `hold` refuse; absent: they never refuse. */
  readonly waitingMax?: number;
  /** Called whenever a run has ended and no released item waits. */
  readonly onIdle?: () => void;
}

export class Batcher<Item> {
  readonly #run: (items: readonly Item[]) => Promise<void>;
  readonly #options: BatcherOptions;
  #waiting: Item[] = [];
  /** Some waiting items may run: the run in flight is followed by another. */
  #isReleased = false;
  #running: Promise<void> | null = null;

  /** `run` must never reject. */
  constructor(run: (items: readonly Item[]) => Promise<void>, options: BatcherOptions) {
    this.#run = run;
    this.#options = options;
  }

  /** How many items wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The item runs as soon as possible. False when too many wait: the item was not taken. */
  add(item: Item): boolean {
    const isTaken = this.hold(item);
    if (isTaken) this.release();
    return isTaken;
  }

  /** As `add`, but never refuses: for items that are few and must not be lost. */
  addAlways(item: Item): void {
    this.#waiting.push(item);
    this.release();
  }

  /** As `add`, but the item waits for `release`, or for a run that has room for it. */
  hold(item: Item): boolean {
    const { waitingMax = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#waiting.length >= waitingMax) return false;
    this.#waiting.push(item);
    return true;
  }

  /** Runs the waiting items: now, or after the run in flight. */
  release(): void {
    if (this.#waiting.length === 0) return;
    this.#isReleased = true;
    this.#running ??= this.#drain();
  }

  /** Removes all waiting items and returns them in batches, for the caller to run. */
  takeAll(): readonly (readonly Item[])[] {
    const batches: Item[][] = [];
    while (this.#waiting.length > 0) batches.push(this.#take());
    return batches;
  }

  /** Releases held items; resolves when nothing waits or runs any more. */
  async idle(): Promise<void> {
    while (this.#running || this.#waiting.length > 0) {
      this.release();
      await this.#running;
    }
  }

  async #drain(): Promise<void> {
    while (this.#isReleased) {
      const items = this.#take();
      // Items that did not fit into a full batch have waited long enough.
      this.#isReleased = this.#waiting.length > 0;
      if (items.length > 0) await this.#run(items);
    }
    this.#running = null;
    this.#options.onIdle?.();
  }

  #take(): Item[] {
    return this.#waiting.splice(0, this.#options.batchMax);
  }
}
