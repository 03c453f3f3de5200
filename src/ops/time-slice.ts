// Something that concerns everybody in a room at once, done so that the event loop turns in between: in a very large room it
// would be hundreds of milliseconds for which nobody else is served. Must not know what it is.
import type { Clock } from './clock.ts';

/** So long at a stretch; as the outbox writes (fanout/outbox). */
const SLICE_MS = 5;
/** How many have their turn between two looks at the clock. */
const CLOCK_CHECK_EVERY = 32;

/** Where a round through many stands. */
export class TimeSlice {
  readonly #clock: Clock;
  readonly #end: number;
  #done = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#end = clock.monotonic() + SLICE_MS;
  }

  /** To be asked after each: whether it is time for others. */
  isOver(): boolean {
    this.#done++;
    return this.#done % CLOCK_CHECK_EVERY === 0 && this.isSpent;
  }

  /** Whether the time is over. It reads the clock: a loop that counts its rounds itself asks this now and then. */
  get isSpent(): boolean {
    return this.#clock.monotonic() >= this.#end;
  }
}

/** Resolves when all had their turn. The first stretch is over before this returns: for a few it is as if there were none. */
export async function forEachInSlices<Item>(
  items: readonly Item[],
  clock: Clock,
  { act }: { readonly act: (item: Item) => void },
): Promise<void> {
  let stretch = new TimeSlice(clock);
  for (const item of items) {
    act(item);
    if (!stretch.isOver()) continue;
    await new Promise<void>((resolve) => clock.soon(resolve));
    stretch = new TimeSlice(clock);
  }
}
