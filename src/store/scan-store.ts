// Contract: a scan of all rooms, for those that would not be found otherwise.
//
// [SC1] One node scans at a time. No node begins again before SCAN_CLAIM_MS have passed.
// [SC2] A room that is open during the whole scan comes at least once, in any order. A closed room does not come.
// [SC3] A step is short, however many rooms there are, so that nothing else in the store has to wait.
import type { RoomId } from '../protocol/ids.ts';

/** How often each node asks for its turn. */
export const SCAN_INTERVAL_MS = 10 * 60_000;
/** Shorter than SCAN_INTERVAL_MS by more than the nodes' timers vary, so that one node scans each time. */
export const SCAN_CLAIM_MS = 8 * 60_000;

export interface ScanStep {
  readonly rooms: readonly RoomId[];
  /** Where the next step begins; null: the scan is complete. */
  readonly position: string | null;
}

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface ScanStore {
  /** Whether it is this node's turn to scan. */
  claim(): Promise<boolean>;
  /** The step from that position on; null: the first step. A position is valid within one scan. */
  next(position: string | null): Promise<ScanStep>;
}
