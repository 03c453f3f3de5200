// Simulated time for the whole cluster: nothing happens except what is scheduled here.

export type Cancel = () => void;

interface Entry {
  readonly at: number;
  /** Of two tasks at the same moment the one scheduled first runs first. */
  readonly order: number;
  task: (() => void) | null;
}

const START = 1_800_000_000_000;

export class Schedule {
  #now = START;
  #order = 0;
  /** A binary heap; index 0 is not used. */
  readonly #heap: Entry[] = [{ at: 0, order: 0, task: null }];
  /** How many tasks have run. */
  happened = 0;

  /** The true time, which no node knows; Unix milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#now - START;
  }

  in(delayMs: number, task: () => void): Cancel {
    const entry: Entry = { at: this.#now + Math.max(0, Math.ceil(delayMs)), order: this.#order++, task };
    this.#push(entry);
    return () => {
      entry.task = null;
    };
  }

  /** Runs everything that is due up to then. Code that waits only for promises runs before time goes on. */
  async run(forMs: number): Promise<void> {
    const end = this.#now + forMs;
    for (let next = this.#heap[1]; next && next.at <= end; next = this.#heap[1]) {
      this.#now = next.at;
      while (this.#heap[1] && this.#heap[1].at <= this.#now) this.#happen(this.#pop());
      await promisesKept();
    }
    this.#now = end;
  }

  #happen({ task }: Entry): void {
    if (!task) return;
    this.happened++;
    task();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    heap.push(entry);
    let index = heap.length - 1;
    for (; index > 1 && isBefore(entry, heap[index >> 1] as Entry); index >>= 1) {
      heap[index] = heap[index >> 1] as Entry;
    }
    heap[index] = entry;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const first = heap[1] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 1) return first;
    let index = 1;
    for (;;) {
      let child = 2 * index;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** A turn of the real event loop comes only when no promise has anything left to do. */
const promisesKept = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
