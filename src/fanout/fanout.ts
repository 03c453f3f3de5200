// Contract: the feed of each room, heard by every node that holds it. Must not know what is done with the news.
//
// [F1] Once subscribe() has resolved, nothing announced from then on is missed, or doubt() is called.
// [F2] Commits arrive in the order in which they were made; a repetition or a gap shows by the version.

import type { RoomId, UserId } from '../protocol/ids.ts';
import type { MemberRecord } from '../store/presence-store.ts';
import type { CommitRecord } from '../store/room-store.ts';

/** What a room's feed carries. */
export type RoomNews =
  | { readonly kind: 'commit'; readonly record: CommitRecord }
  | {
      readonly kind: 'audience';
      readonly count: number;
      readonly joined?: MemberRecord;
      /** With `joined`: he was a member already, this is a new session of his. */
      readonly again?: boolean;
      readonly left?: readonly { readonly userId: UserId; readonly fence: number }[];
    };

export interface RoomListener {
  news(news: RoomNews): void;
  /** The link was interrupted: news may have been missed, positions must be re-read. */
  doubt(): void;
}

export type Unsubscribe = () => Promise<void>;

export interface Fanout {
  /** Throws StoreUnavailableError when the feed cannot be had now. */
  subscribe(roomId: RoomId, listener: RoomListener): Promise<Unsubscribe>;
}
