// What is due at some moment, for thousands of things at once: one timer for all of them. Must not know what they are.
import type { CancelTimer, Clock } from './clock.ts';

/** Cancelled entries are thrown out when there are so many, and more of them than of others. */
const CANCELLED_MIN = 64;

interface Entry<Item> {
  /** By the clock's monotonic(). */
  readonly dueAt: number;
  /** Null when it was cancelled: it holds on to nothing while it waits to be thrown out. */
  item: Item | null;
}

/** Names something that is due; good until it was carried out. */
export type AgendaEntry<Item> = Entry<Item>;

export class Agenda<Item extends object> {
  readonly #clock: Clock;
  readonly #carryOut: (item: Item) => void;
  /** A binary heap: no entry is due before that at half its index. Index 0 is not used. */
  #heap: (Entry<Item> | undefined)[] = [undefined];
  #cancelled = 0;
  #timer: { readonly dueAt: number; readonly cancel: CancelTimer } | null = null;

  /** `carryOut` is called once for each item, when it is due; it must not throw. */
  constructor(clock: Clock, carryOut: (item: Item) => void) {
    this.#clock = clock;
    this.#carryOut = carryOut;
  }

  /** How many are waiting, cancelled ones that are not thrown out yet included. */
  get size(): number {
    return this.#heap.length - 1;
  }

  /** Puts it down for `delayMs` from now. */
  add(item: Item, delayMs: number): AgendaEntry<Item> {
    const entry: Entry<Item> = { dueAt: this.#clock.monotonic() + Math.max(0, delayMs), item };
    this.#heap.push(entry);
    this.#rise(this.size);
    this.#arm();
    return entry;
  }

  /** It will not be carried out; nothing happens if it was already. */
  cancel(entry: AgendaEntry<Item>): void {
    if (entry.item === null) return;
    entry.item = null;
    this.#cancelled++;
    if (this.#cancelled >= CANCELLED_MIN && this.#cancelled > this.size / 2) this.#sift();
  }

  /** Nothing is carried out any more. */
  close(): void {
    for (const entry of this.#heap) if (entry) entry.item = null;
    this.#heap = [undefined];
    this.#cancelled = 0;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    const first = this.#heap[1];
    if (!first || (this.#timer && this.#timer.dueAt <= first.dueAt)) return;
    this.#timer?.cancel();
    const { dueAt } = first;
    const cancel = this.#clock.after(dueAt - this.#clock.monotonic(), () => this.#ring());
    this.#timer = { dueAt, cancel };
  }

  #ring(): void {
    this.#timer = null;
    for (let first = this.#heap[1]; first && first.dueAt <= this.#clock.monotonic(); first = this.#heap[1]) {
      this.#removeFirst();
      const { item } = first;
      first.item = null;
      if (item === null) this.#cancelled--;
      else this.#carryOut(item);
    }
    this.#arm();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (this.size === 0 || this.#heap[1] === undefined) {
      this.#heap.length = 1;
      return;
    }
    this.#heap[1] = last;
    this.#sink(1);
  }

  #sift(): void {
    this.#heap = [undefined, ...this.#heap.filter((entry) => entry !== undefined && entry.item !== null)];
    this.#cancelled = 0;
    for (let index = this.size >> 1; index > 0; index--) this.#sink(index);
  }

  #dueAt(index: number): number {
    return this.#heap[index]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    [this.#heap[one], this.#heap[other]] = [this.#heap[other], this.#heap[one]];
  }

  #rise(from: number): void {
    for (let index = from; index > 1 && this.#dueAt(index) < this.#dueAt(index >> 1); index >>= 1) {
      this.#swap(index, index >> 1);
    }
  }

  #sink(from: number): void {
    for (let index = from; ; ) {
      const [left, right] = [2 * index, 2 * index + 1];
      const child = this.#dueAt(right) < this.#dueAt(left) ? right : left;
      if (this.#dueAt(child) >= this.#dueAt(index)) return;
      this.#swap(index, child);
      index = child;
    }
  }
}
