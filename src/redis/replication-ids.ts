// The replication ids that this node has seen at its Redis servers, and how long ago it first saw each.
import type { Clock } from '../ops/clock.ts';
import { REASSERTION_MS } from '../store/room-recovery.ts';

export class ReplicationIds {
  readonly #clock: Clock;
  /** Monotonic time; −∞ for ids that were there at the start. */
  readonly #firstSeen = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes an id that was there when this node started: it serves no room yet that could be missing. */
  acceptAtStart(replicationId: string): void {
    this.#firstSeen.set(replicationId, Number.NEGATIVE_INFINITY);
  }

  /** Notes an id. True while it is so new that nodes may be about to bring back the rooms that are missing under it. */
  observe(replicationId: string): boolean {
    const now = this.#clock.monotonic();
    const first = this.#firstSeen.get(replicationId) ?? now;
    this.#firstSeen.set(replicationId, first);
    return now - first < REASSERTION_MS;
  }

  /** The ids under which every missing room has ended, between commas. */
  get accepted(): string {
    const now = this.#clock.monotonic();
    const old = [...this.#firstSeen]
      .filter(([, first]) => now - first >= REASSERTION_MS)
      .map(([replicationId]) => replicationId);
    return `,${old.join(',')},`;
  }
}
