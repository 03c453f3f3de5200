// Contract: the feed of each room, heard by every node that holds it. Must not know what is done with the news.
//
// [F1] Once subscribe() has resolved, nothing announced from then on is missed, or doubt() is called.
// [F2] News arrives in the order in which it was announced; with commits a repetition or a gap shows by the version.

import type { MessageId, RoomId, UserId } from '../protocol/ids.ts';
import type { MemberRecord } from '../store/presence-store.ts';
import type { CommitRecord } from '../store/room-store.ts';

/** What a room's feed carries. */
export type RoomNews =
  | CommitNews
  | {
      readonly kind: 'audience';
      /** After all that the news tell. */
      readonly count: number;
      /** `joined` and `left` may name sessions of the same user; their fences tell what is left of it in the end. */
      readonly joined?: readonly JoinedMember[];
      readonly left?: readonly { readonly userId: UserId; readonly fence: number }[];
    }
  | MessageNews
  /** The room goes on under a new epoch (SYNC-4): which one, and what of it was kept, is to be read. */
  | { readonly kind: 'settled' };

/** A commit, named before it is looked into: a node hears its own, too, and those it has got elsewhere. */
export interface CommitNews {
  readonly kind: 'commit';
  readonly epoch: string;
  readonly version: number;
  readonly record: CommitRecord;
}

/** A new session in the room; `again`: its user was a member already. */
export interface JoinedMember {
  readonly member: MemberRecord;
  readonly again: boolean;
}

/** One message as it travels: its JSON is finished where it was accepted, and nobody on the way looks into it. */
export type MessageText =
  /** `kept`: chat, which comes with snapshots; `told`: gifts and custom messages, which do not. */
  | {
      readonly kind: 'kept' | 'told';
      readonly messageId: MessageId;
      readonly userId: string;
      /** As `room:messages` shows it. */
      readonly json: string;
    }
  | { readonly kind: 'summed'; readonly key: string; readonly count: number };

/** What is said in the room beside the stage (MSG-1, MSG-4, MSG-6). */
export type MessageNews =
  | { readonly kind: 'messages'; readonly messages: readonly MessageText[] }
  | { readonly kind: 'deleted'; readonly messageId: MessageId; readonly by: string }
  /** For one member alone; every node that holds the room hears it, the one that has him passes it on. */
  | { readonly kind: 'signal'; readonly from: UserId; readonly to: UserId; readonly data: unknown };

export interface RoomListener {
  onNews(news: RoomNews): void;
  /** The link was interrupted: news may have been missed, positions must be re-read. */
  onPossibleGap(): void;
}

export type Unsubscribe = () => Promise<void>;

export interface RoomFeed {
  /** Throws StoreUnavailableError when the feed cannot be had now. */
  subscribe(roomId: RoomId, listener: RoomListener): Promise<Unsubscribe>;
}
