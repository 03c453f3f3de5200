// Contract: looking through all rooms that there are, for those that nobody would find otherwise. Must not know why one is
// looked for, nor what becomes of it.
//
// [F1] Of all nodes one looks at a time, and not again before SCAN_CLAIM_MS have passed.
// [F2] A room that is open all the while comes at least once, in whatever order; a closed one does not.
// [F3] A step is short, however many rooms there are: nobody else waits for it.
import type { RoomId } from '../protocol/ids.ts';

/** How often each node tries to have its turn. */
export const SCAN_INTERVAL_MS = 10 * 60_000;
/** Shorter than that by more than nodes' turns vary, so that one alone looks each time. */
export const SCAN_CLAIM_MS = 8 * 60_000;

export interface ScanStep {
  readonly rooms: readonly RoomId[];
  /** Where the next step begins; null: that was all. */
  readonly position: string | null;
}

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface ScanStore {
  /** Whether it is this node's turn to look. */
  claim(): Promise<boolean>;
  /** The first step, for null, or the one from that position on. A position is good for a scan, not for longer. */
  next(position: string | null): Promise<ScanStep>;
}
