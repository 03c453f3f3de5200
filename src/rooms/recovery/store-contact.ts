// How long ago the store last answered this node. Who has slept, or was cut off, for too long must not tell others what a
// room is (SYNC-4). Must not know rooms, nor ask the store.
import type { Clock } from '../../ops/clock.ts';
import { OFFER_MEMORY_MS } from '../../store/room-recovery.ts';

export class StoreContact {
  readonly #clock: Clock;
  #touchedAt: number;
  #term = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#touchedAt = clock.monotonic();
  }

  /** The store has answered, now. True when that begins a new term. */
  touched(): boolean {
    const isNew = this.#isLost;
    if (isNew) this.#term++;
    this.#touchedAt = this.#clock.monotonic();
    return isNew;
  }

  /**
   * Numbers the time of unbroken contact: what was read in an earlier term may have ended since, and nobody remembers. Null
   * after too long a silence.
   */
  get term(): number | null {
    return this.#isLost ? null : this.#term;
  }

  get #isLost(): boolean {
    return this.#clock.monotonic() - this.#touchedAt > OFFER_MEMORY_MS;
  }
}
