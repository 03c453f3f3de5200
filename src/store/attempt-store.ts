// Contract: how often a user has tried a room's password lately.
//
// [A1] An attempt is counted before it is judged, so that attempts at the same time cannot get around the limit.
import type { RoomId, UserId } from '../protocol/ids.ts';

/** The number of wrong passwords of one user for one room that locks the user out (ROOM-2). */
export const ATTEMPTS_MAX = 5;
/** How long a lockout lasts; a lesser number of wrong passwords is remembered for the same time. */
export const LOCKOUT_MS = 30 * 60_000;

export type AttemptResult =
  | { readonly status: 'allowed' }
  | { readonly status: 'locked'; readonly retryAfterMs: number };

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface AttemptStore {
  /** Counts one attempt, unless there have been too many. */
  attempt(roomId: RoomId, userId: UserId): Promise<AttemptResult>;
  /** The password was right: earlier attempts are forgotten. */
  forgive(roomId: RoomId, userId: UserId): Promise<void>;
}
