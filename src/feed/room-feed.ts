// Contract: the feed of each room. Every node that serves the room subscribes to it.
//
// [F1] After subscribe() has resolved, no news is missed, or onPossibleGap() is called.
// [F2] News arrives in the order in which it was published. The version shows when a commit is repeated or missing.

import type { MessageId, RoomId, UserId } from '../protocol/ids.ts';
import type { MemberRecord } from '../store/presence-store.ts';
import type { CommitRecord } from '../store/room-store.ts';

/** What a room's feed carries. */
export type RoomNews =
  | CommitNews
  | {
      readonly kind: 'audience';
      /** The number of members after these changes. */
      readonly count: number;
      /** `joined` and `left` may name sessions of the same user. Their fences tell which of them remains. */
      readonly joined?: readonly JoinedMember[];
      readonly left?: readonly { readonly userId: UserId; readonly fence: number }[];
    }
  | MessageNews
  /** The room goes on under a new epoch (SYNC-4). Nodes read the epoch, and what was kept, from the store. */
  | { readonly kind: 'settled' };

/** A commit, with its position before its content: a node often knows it already, because it made it or fetched it. */
export interface CommitNews {
  readonly kind: 'commit';
  readonly epoch: string;
  readonly version: number;
  readonly record: CommitRecord;
}

/** A new session in the room. `again`: its user was a member already. */
export interface JoinedMember {
  readonly member: MemberRecord;
  readonly again: boolean;
}

/** One message as it travels. Its JSON is finished where the message was accepted; no node parses it on the way. */
export type MessageText =
  /** `kept`: chat, which snapshots bring; `told`: gifts and custom messages, which they do not. */
  | {
      readonly kind: 'kept' | 'told';
      readonly messageId: MessageId;
      readonly userId: string;
      /** As `room:messages` carries it. */
      readonly json: string;
    }
  | { readonly kind: 'summed'; readonly key: string; readonly count: number };

/** Messages, deletions and signals (MSG-1, MSG-4, MSG-6). */
export type MessageNews =
  | { readonly kind: 'messages'; readonly messages: readonly MessageText[] }
  | { readonly kind: 'deleted'; readonly messageId: MessageId; readonly by: string }
  /** For one member. Every node that serves the room gets it; the node with the member's connection sends it on. */
  | { readonly kind: 'signal'; readonly from: UserId; readonly to: UserId; readonly data: unknown };

export interface NewsListener<News> {
  onNews(news: News): void;
  /** The link was interrupted: news may have been missed, and positions must be read again. */
  onPossibleGap(): void;
}
export type RoomListener = NewsListener<RoomNews>;

export type Unsubscribe = () => Promise<void>;

export interface RoomFeed {
  /** Throws StoreUnavailableError when the feed cannot be reached now. */
  subscribe(roomId: RoomId, listener: RoomListener): Promise<Unsubscribe>;
}
