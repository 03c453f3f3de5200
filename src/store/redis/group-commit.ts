// Groups requests to a store: requests that come while a script is on its way go together with the next one, in order.
import { Batcher } from '../../ops/batcher.ts';
import type { Clock } from '../../ops/clock.ts';
import { nextTurn } from '../../ops/repeat.ts';

/** The most requests of one script. A longer script would keep all other users of the store waiting. */
const BATCH_MAX = 64;

/**
 * How many results are delivered in one turn of the event loop. The snapshot and the grant that follow a join take some
 * tenths of a millisecond, for which all other tasks wait. Smaller portions make each join a tenth more expensive.
 */
const RESULTS_PER_TURN = 32;

/** Carries out the items in order, in one step. Returns one result for each item. */
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

  /** `onIdle` is called whenever nothing waits and nothing is on its way any more. */
  constructor(carryOut: CarryOut<Item, Result>, clock: Clock, onIdle: () => void = () => undefined) {
    this.#carryOut = carryOut;
    this.#clock = clock;
    this.#batcher = new Batcher((batch) => this.#runAll(batch), { batchMax: BATCH_MAX, onIdle });
  }

  /** Resolves to the item's result. Rejects with the error of the batch that carried the item. */
  ask(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => this.#batcher.addAlways({ item, resolve, reject }));
  }

  async #runAll(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    if (await this.#run(batch)) return;
    // The store does not answer. The items that wait go at once: they must not time out behind one batch after another.
    await Promise.all(this.#batcher.takeAll().map((rest) => this.#run(rest)));
  }

  /** Delivers the result of every item. False when the batch failed. */
  async #run(batch: readonly Waiting<Item, Result>[]): Promise<boolean> {
    try {
      const results = await this.#carryOut(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) {
        if (index > 0 && index % RESULTS_PER_TURN === 0) await nextTurn(this.#clock);
        resolve(results[index] as Result);
      }
      return true;
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return false;
    }
  }
}
