// How late this process's event loop is, and whether that is too late to take on more. Must not know what is taken on.
import type { CancelTimer, Clock } from './clock.ts';

/** Often enough to see a stall of a tenth of a second, seldom enough to let an idle process sleep. */
const TICK_MS = 50;
/**
 * Half of the 200 ms by which a node's loop may be late at the worst one time in a hundred while it takes in the clients
 * of another: what has been let in already still has to be worked off.
 */
export const LATE_MS = 100;
/**
 * So long the loop must have been in time before more is taken on: five ticks. One long collection of garbage costs
 * newcomers a quarter of a second; a storm does not come in at every breath between two stalls.
 */
export const RECOVERY_MS = 250;

export interface LoopDelay {
  /** Whether the loop is too late at this moment, or was a moment ago. */
  readonly isLate: boolean;
}

/** A timer that notes when it is called later than it asked for; between two calls, how overdue it is. */
export class LoopGauge implements LoopDelay {
  readonly #clock: Clock;
  /** When the timer should be called next; monotonic. */
  #dueAt = 0;
  #lateUntil = Number.NEGATIVE_INFINITY;
  #cancel: CancelTimer = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#wait();
  }

  /** Also true within a turn of the loop that takes too long by itself: what else has come in with it can be refused yet. */
  get isLate(): boolean {
    const now = this.#clock.monotonic();
    return now - this.#dueAt > LATE_MS || now < this.#lateUntil;
  }

  stop(): void {
    this.#cancel();
  }

  #wait(): void {
    this.#dueAt = this.#clock.monotonic() + TICK_MS;
    this.#cancel = this.#clock.after(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    if (now - this.#dueAt > LATE_MS) this.#lateUntil = now + RECOVERY_MS;
    this.#wait();
  }
}
