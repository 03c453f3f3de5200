// The time for which a room has been empty, and the moment at which it is to be closed (ROOM-7).

/** A room in which no member was seen yet, a new one for example, waits at least this long for the first. */
const FIRST_ENTRY_MS = 60_000;

export class EmptyTimer {
  #emptySince: number | null = null;
  #wasOccupied = false;

  /** The number of members; `now` in store time. */
  onCount(count: number, now: number): void {
    if (count > 0) {
      this.#emptySince = null;
      this.#wasOccupied = true;
    } else {
      this.#emptySince ??= now;
    }
  }

  /** The moment at which the room is to be closed, in store time; null while it has members. */
  deadline(emptyMs: number): number | null {
    if (this.#emptySince === null) return null;
    return this.#emptySince + (this.#wasOccupied ? emptyMs : Math.max(emptyMs, FIRST_ENTRY_MS));
  }
}
