// Batches while one is in flight: items that arrive during a run share the next one. Order is kept.

interface BatcherOptions {
  /** One run gets at most so many items. */
  readonly batchMax: number;
  /** Above so many waiting items `add` refuses; without: never. */
  readonly waitingMax?: number;
  /** Called whenever nothing waits and nothing runs any more. */
  readonly onIdle?: () => void;
}

export class Batcher<Item> {
  readonly #run: (items: readonly Item[]) => Promise<void>;
  readonly #options: BatcherOptions;
  #waiting: Item[] = [];
  /** The items that wait may run. */
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

  /** False when too many wait: the item was not taken. */
  add(item: Item): boolean {
    const isTaken = this.hold(item);
    if (isTaken) this.release();
    return isTaken;
  }

  /** For items that must not be lost and of which there are few, however many wait. */
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

  /** Runs what waits: now, or when the run in flight has ended. */
  release(): void {
    if (this.#waiting.length === 0) return;
    this.#isReleased = true;
    this.#running ??= this.#drain();
  }

  /** Takes out everything that waits, in batches, for the caller to run. */
  takeAll(): readonly (readonly Item[])[] {
    const batches: Item[][] = [];
    while (this.#waiting.length > 0) batches.push(this.#take());
    return batches;
  }

  /** Resolves when nothing waits or runs any more; what is held is released. */
  async idle(): Promise<void> {
    while (this.#running || this.#waiting.length > 0) {
      this.release();
      await this.#running;
    }
  }

  async #drain(): Promise<void> {
    while (this.#isReleased) {
      const items = this.#take();
      // What did not fit into a full batch has waited long enough.
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
