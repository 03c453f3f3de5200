// Groups what is asked of a store: while one script is on its way, what is asked meanwhile waits and goes with the next, in
// the order in which it was asked. Must not know what is asked, nor of whom.

/** One script holds at most so many, so that nothing else has to wait long behind it in the store. */
const BATCH_MAX = 64;

/**
 * So many are answered in one turn of the event loop: what an answer sets off here, a snapshot and a grant, takes some
 * tenths of a millisecond, and everybody else waits for it. Fewer at a time cost a tenth more for each join.
 */
const ANSWERED_AT_ONCE = 32;

/** Carries out the items in order, in one step; as many results as items. */
export type CarryOut<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Item, Result> {
  readonly #carryOut: CarryOut<Item, Result>;
  readonly #onIdle: () => void;
  #waiting: Waiting<Item, Result>[] = [];
  #isRunning = false;

  /** `onIdle` is called whenever nothing waits and nothing is on its way any more. */
  constructor(carryOut: CarryOut<Item, Result>, onIdle: () => void = () => undefined) {
    this.#carryOut = carryOut;
    this.#onIdle = onIdle;
  }

  /** Rejects as the batch does that the item was in. */
  ask(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#isRunning) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      if (await this.#run(this.#take())) continue;
      // The store does not answer. Whoever has waited for it once must not wait again and again behind others.
      const rest: Promise<boolean>[] = [];
      while (this.#waiting.length > 0) rest.push(this.#run(this.#take()));
      await Promise.all(rest);
    }
    this.#isRunning = false;
    this.#onIdle();
  }

  #take(): Waiting<Item, Result>[] {
    return this.#waiting.splice(0, BATCH_MAX);
  }

  /** Settles everybody who is in the batch; false when it failed. */
  async #run(batch: readonly Waiting<Item, Result>[]): Promise<boolean> {
    try {
      const results = await this.#carryOut(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) {
        if (index > 0 && index % ANSWERED_AT_ONCE === 0) await nextTurn();
        resolve(results[index] as Result);
      }
      return true;
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return false;
    }
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
