// Time slices: work for all members of a room is done in slices of 5 ms, and the event loop turns in between. In a
// very large room the work takes hundreds of milliseconds; without slices nobody else would be served meanwhile.
import type { Clock } from './clock.ts';
import { nextTurn } from './repeat.ts';

/** How long one room may keep the event loop. */
const SLICE_MS = 5;
/** How many items are handled between two readings of the clock. */
const CLOCK_CHECK_EVERY = 32;

/** One slice: begins when it is made. */
export class TimeSlice {
  readonly #clock: Clock;
  readonly #end: number;
  #done = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#end = clock.monotonic() + SLICE_MS;
  }

  /** Call it after each item: true when the rest must wait for another slice. */
  isOver(): boolean {
    this.#done++;
    return this.#done % CLOCK_CHECK_EVERY === 0 && this.isSpent;
  }

  /** Whether the time is over. It reads the clock: a loop that counts its rounds itself asks this now and then. */
  get isSpent(): boolean {
    return this.#clock.monotonic() >= this.#end;
  }
}

/** Calls `act` for each item. The first slice is done when this returns; it resolves when all slices are done. */
export async function forEachInSlices<Item>(
  items: readonly Item[],
  clock: Clock,
  act: (item: Item) => void,
): Promise<void> {
  let slice = new TimeSlice(clock);
  for (const item of items) {
    act(item);
    if (!slice.isOver()) continue;
    await nextTurn(clock);
    slice = new TimeSlice(clock);
  }
}
