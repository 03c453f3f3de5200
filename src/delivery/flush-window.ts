// How long a room may gather what it says before it is written: as long as its writing is dear, never longer than people
// notice. Pure but for the moments it is told. Must not know what is said.

/** Below this a window gathers nothing worth a timer. */
const WINDOW_MIN_MS = 5;
/** Chat that comes so much later is still talk. */
const WINDOW_MAX_MS = 100;
/** In very large rooms nobody reads every line anyway (MSG-7). */
const WINDOW_MAX_LARGE_MS = 1_000;
/** With more of its members here than this a room is very large. */
const LARGE_ROOM_MEMBERS = 5_000;
/** So many deliveries a second earn a millisecond of window: 1,000 people and 50 lines a second gather for 100 ms. */
const DELIVERIES_PER_WINDOW_MS = 500;

/** More than this is written at once, whatever the window says: a client should not wait for a page. */
const BROADCASTS_MAX = 32;
const BYTES_MAX = 16 * 1024;
/** Very large rooms gather longer, so they may gather more. */
const LARGE_FACTOR = 4;

/** What may wait, and how long. */
export interface FlushWindow {
  readonly windowMs: number;
  readonly broadcasts: number;
  readonly bytes: number;
}

/** The rate at which something happens, as it was lately: over about `memoryMs`. */
export class Rate {
  readonly #memoryMs: number;
  #perSecond = 0;
  #at = 0;

  constructor(memoryMs: number) {
    this.#memoryMs = memoryMs;
  }

  /** `count` more of it at that moment (monotonic, milliseconds). */
  add(count: number, now: number): void {
    this.#perSecond = this.at(now) + (count * 1_000) / this.#memoryMs;
    this.#at = now;
  }

  /** How often a second, as of that moment. */
  at(now: number): number {
    return this.#perSecond * Math.exp(-(now - this.#at) / this.#memoryMs);
  }
}

/** What a room of so many members here may let wait that says so much. */
export function flushWindow(members: number, perSecond: number): FlushWindow {
  const isLarge = members > LARGE_ROOM_MEMBERS;
  const earnedMs = (members * perSecond) / DELIVERIES_PER_WINDOW_MS;
  const windowMs = earnedMs < WINDOW_MIN_MS ? 0 : Math.min(earnedMs, isLarge ? WINDOW_MAX_LARGE_MS : WINDOW_MAX_MS);
  const factor = isLarge ? LARGE_FACTOR : 1;
  return { windowMs, broadcasts: BROADCASTS_MAX * factor, bytes: BYTES_MAX * factor };
}
