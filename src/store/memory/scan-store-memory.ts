// Memory engine of the scan: the contract in plain code.
import { SCAN_CLAIM_MS, type ScanStep, type ScanStore } from '../scan-store.ts';
import type { MemoryTables } from './tables-memory.ts';

export class MemoryScanStore implements ScanStore {
  readonly #tables: MemoryTables;
  #claimedUntil = Number.NEGATIVE_INFINITY;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async claim(): Promise<boolean> {
    const now = this.#tables.clock.now();
    if (now < this.#claimedUntil) return false;
    this.#claimedUntil = now + SCAN_CLAIM_MS;
    return true;
  }

  /** Returns everything in one step: no other process could have to wait. */
  async next(): Promise<ScanStep> {
    return { rooms: this.#tables.openRooms(), position: null };
  }
}
