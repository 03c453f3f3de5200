// Contract: news of users that concern every node. May be lost; what it says can be found in the account store.
//
// [N1] Once subscribe() has resolved, nothing announced from then on is missed, or doubt() is called.
import type { SessionId, UserId } from '../protocol/ids.ts';
import type { Unsubscribe } from './room-feed.ts';

export type UserNews =
  /** The user's tokens issued up to `at` (store time, Unix milliseconds) are refused from now on. */
  | { readonly kind: 'revoked'; readonly userId: UserId; readonly at: number }
  /** These sessions had to make room for newer ones. */
  | { readonly kind: 'displaced'; readonly userId: UserId; readonly sessions: readonly SessionId[] };

export interface UserListener {
  onNews(news: UserNews): void;
  /** The link was interrupted: news may have been missed. */
  onPossibleGap(): void;
}

export interface UserFeed {
  /** Throws StoreUnavailableError when the feed cannot be had now. */
  subscribe(listener: UserListener): Promise<Unsubscribe>;
}
