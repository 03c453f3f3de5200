// Contract: the users' feed, for news of users that concern every node. News may be lost: the account store has the
// facts.
//
// [N1] After subscribe() has resolved, no news is missed, or onPossibleGap() is called.
import type { SessionId, UserId } from '../protocol/ids.ts';
import type { NewsListener, Unsubscribe } from './room-feed.ts';

export type UserNews =
  /** The user's tokens that were issued up to `at` (store time, Unix milliseconds) are refused from now on. */
  | { readonly kind: 'revoked'; readonly userId: UserId; readonly at: number }
  /** These sessions had to make room for newer ones. */
  | { readonly kind: 'displaced'; readonly userId: UserId; readonly sessions: readonly SessionId[] };

export type UserListener = NewsListener<UserNews>;

export interface UserFeed {
  /** Throws StoreUnavailableError when the feed cannot be reached now. */
  subscribe(listener: UserListener): Promise<Unsubscribe>;
}
