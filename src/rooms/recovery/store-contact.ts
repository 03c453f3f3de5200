// How long ago the store last answered this node. A node that stood still or was cut off for too long must not say what
// a room is (SYNC-4).
import type { Clock } from '../../ops/clock.ts';
import { OFFER_MEMORY_MS } from '../../store/room-recovery.ts';

export class StoreContact {
  readonly #clock: Clock;
  #contactAt: number;
  #term = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#contactAt = clock.monotonic();
  }

  /** The store has answered, now. True when that begins a new term. */
  onContact(): boolean {
    const isNew = this.#isLost;
    if (isNew) this.#term++;
    this.#contactAt = this.#clock.monotonic();
    return isNew;
  }

  /**
   * The number of the present time of unbroken contact. A copy that was read in an earlier term may have ended since,
   * and nobody remembers that. Null after too long a silence.
   */
  get term(): number | null {
    return this.#isLost ? null : this.#term;
  }

  get #isLost(): boolean {
    return this.#clock.monotonic() - this.#contactAt > OFFER_MEMORY_MS;
  }
}
