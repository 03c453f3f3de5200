// How late this process's event loop is, and whether that is too late to accept more clients.
import type { CancelTimer, Clock } from './clock.ts';
import { every } from './repeat.ts';

/** Short enough to see a stall of 100 ms, long enough to let an idle process sleep. */
const TICK_MS = 50;
/**
 * Half of 200 ms, by which a loop may be late in one of a hundred cases while the node takes the clients of another.
 * Half, because the work of the clients that were let in already is still to be done.
 */
export const LATE_MS = 100;
/**
 * How long the loop must have been in time before more clients are accepted: five ticks. One long garbage collection
 * costs new clients a quarter of a second. A storm of clients is not let in between any two stalls.
 */
export const RECOVERY_MS = 250;

export interface LoopDelay {
  /** Whether the loop is too late now, or was a moment ago. */
  readonly isLate: boolean;
}

/** A timer that measures how late it is called, and between two calls how late it is by now. */
export class LoopGauge implements LoopDelay {
  readonly #clock: Clock;
  /** When the timer should be called next; monotonic. */
  #dueAt: number;
  #lateUntil = Number.NEGATIVE_INFINITY;
  readonly #cancel: CancelTimer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#dueAt = clock.monotonic() + TICK_MS;
    this.#cancel = every(clock, TICK_MS, () => this.#tick());
  }

  /** Also true within one turn that takes too long: clients that arrived with it can still be refused. */
  get isLate(): boolean {
    const now = this.#clock.monotonic();
    return now - this.#dueAt > LATE_MS || now < this.#lateUntil;
  }

  stop(): void {
    this.#cancel();
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    if (now - this.#dueAt > LATE_MS) this.#lateUntil = now + RECOVERY_MS;
    this.#dueAt = now + TICK_MS;
  }
}
