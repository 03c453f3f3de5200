// How long a room has been empty, and when that is long enough to close it (ROOM-7). Must not close it.

/** A room that nobody was seen in, just created for example, waits at least so long for the first one to come. */
const FIRST_ENTRY_MS = 60_000;

export class EmptyTimer {
  #emptySince: number | null = null;
  #wasOccupied = false;

  /** Takes note of the number of members; `now` in store time. */
  onCount(count: number, now: number): void {
    if (count > 0) {
      this.#emptySince = null;
      this.#wasOccupied = true;
    } else {
      this.#emptySince ??= now;
    }
  }

  /** When the room is to be closed, in store time, if nobody comes; null while somebody is there. */
  deadline(emptyMs: number): number | null {
    if (this.#emptySince === null) return null;
    return this.#emptySince + (this.#wasOccupied ? emptyMs : Math.max(emptyMs, FIRST_ENTRY_MS));
  }
}
