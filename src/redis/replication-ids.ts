// The histories that this node has found at its Redis servers, and how long ago. Must not know rooms, nor ask Redis itself.
import type { Clock } from '../ops/clock.ts';
import { REASSERTION_MS } from '../store/room-recovery.ts';

export class Histories {
  readonly #clock: Clock;
  readonly #firstHeard = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a history for what it was when this node began: nothing can be missing from it that was there before. */
  begin(history: string): void {
    this.#firstHeard.set(history, Number.NEGATIVE_INFINITY);
  }

  /** Takes note of a history; true while it is so new that rooms may be missing which are about to be brought back. */
  hear(history: string): boolean {
    const now = this.#clock.monotonic();
    const first = this.#firstHeard.get(history) ?? now;
    this.#firstHeard.set(history, first);
    return now - first < REASSERTION_MS;
  }

  /** Those in which whatever is missing has ended, between commas. */
  get accepted(): string {
    const now = this.#clock.monotonic();
    const old = [...this.#firstHeard].filter(([, first]) => now - first >= REASSERTION_MS).map(([history]) => history);
    return `,${old.join(',')},`;
  }
}
