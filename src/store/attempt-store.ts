// Contract: how often a user has tried a room's password lately. Must not know passwords.
//
// [A1] An attempt is counted before it is judged, so that attempts at the same time are no way around the limit.
import type { RoomId, UserId } from '../protocol/ids.ts';

/** Wrong passwords of one user for one room, then he is locked out (ROOM-2). */
export const ATTEMPTS_MAX = 5;
/** How long; also how long a lesser number of wrong ones is remembered. */
export const LOCKOUT_MS = 30 * 60_000;

export type AttemptResult =
  | { readonly status: 'allowed' }
  | { readonly status: 'locked'; readonly retryAfterMs: number };

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface AttemptStore {
  /** Counts one attempt, unless there have been too many. */
  attempt(roomId: RoomId, userId: UserId): Promise<AttemptResult>;
  /** It was right: nothing is held against him. */
  forgive(roomId: RoomId, userId: UserId): Promise<void>;
}
