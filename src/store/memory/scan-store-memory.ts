// Memory engine of the scan: the contract in plain code.
import { SCAN_CLAIM_MS, type ScanStore } from '../scan-store.ts';
import type { MemoryTables } from './tables-memory.ts';

export function memoryScanStore(tables: MemoryTables): ScanStore {
  let claimedUntil = Number.NEGATIVE_INFINITY;
  return {
    async claim() {
      const now = tables.clock.now();
      if (now < claimedUntil) return false;
      claimedUntil = now + SCAN_CLAIM_MS;
      return true;
    },

    // Everything in one step: no other process could have to wait.
    next: async () => ({ rooms: tables.openRooms(), position: null }),
  };
}
