// The histories that this node has found at its Redis servers, and how long ago. Must not know rooms, nor ask Redis itself.
import type { Clock } from '../ops/clock.ts';
import { REASSERTION_MS } from '../store/room-recovery.ts';

export class ReplicationIds {
  readonly #clock: Clock;
  readonly #firstHeard = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a replicationId for what it was when this node began: nothing can be missing from it that was there before. */
  begin(replicationId: string): void {
    this.#firstHeard.set(replicationId, Number.NEGATIVE_INFINITY);
  }

  /** Takes note of a replicationId; true while it is so new that rooms may be missing which are about to be brought back. */
  observe(replicationId: string): boolean {
    const now = this.#clock.monotonic();
    const first = this.#firstHeard.get(replicationId) ?? now;
    this.#firstHeard.set(replicationId, first);
    return now - first < REASSERTION_MS;
  }

  /** Those in which whatever is missing has ended, between commas. */
  get accepted(): string {
    const now = this.#clock.monotonic();
    const old = [...this.#firstHeard]
      .filter(([, first]) => now - first >= REASSERTION_MS)
      .map(([replicationId]) => replicationId);
    return `,${old.join(',')},`;
  }
}
