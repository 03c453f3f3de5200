// Groups what is asked of a store: while one script is on its way, what is asked meanwhile waits and goes with the next, in
// the order in which it was asked. Must not know what is asked, nor of whom.
import { Batcher } from '../../ops/batcher.ts';
import type { Clock } from '../../ops/clock.ts';
import { nextTurn } from '../../ops/repeat.ts';

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
  readonly #clock: Clock;
  readonly #batcher: Batcher<Waiting<Item, Result>>;

  /** `onIdle` is called whenever nothing waits and nothing is in flight any more. */
  constructor(carryOut: CarryOut<Item, Result>, clock: Clock, onIdle: () => void = () => undefined) {
    this.#carryOut = carryOut;
    this.#clock = clock;
    this.#batcher = new Batcher((batch) => this.#runAll(batch), { batchMax: BATCH_MAX, onIdle });
  }

  /** Rejects as the batch does that holds the item. */
  ask(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => this.#batcher.addAlways({ item, resolve, reject }));
  }

  async #runAll(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    if (await this.#run(batch)) return;
    // The store does not answer. An item that has waited once must not wait again and again behind others.
    await Promise.all(this.#batcher.takeAll().map((rest) => this.#run(rest)));
  }

  /** Answers every item of the batch; false when the batch failed. */
  async #run(batch: readonly Waiting<Item, Result>[]): Promise<boolean> {
    try {
      const results = await this.#carryOut(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) {
        if (index > 0 && index % ANSWERED_AT_ONCE === 0) await nextTurn(this.#clock);
        resolve(results[index] as Result);
      }
      return true;
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return false;
    }
  }
}
