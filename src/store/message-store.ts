// Contract: what is said in each room, told to its members and kept for a while. Must not know who may speak, beyond
// sessions and silences.
//
// [M1] The sender's session and his silence are checked in the very step that keeps and tells what he says.
// [M2] What one call accepts is announced in one piece and in its order; reactions are summed behind it, one sum a key.
// [M3] An answer remembered under a command id is returned instead of saying it again, as with commits (ACK-2).
// [M4] What the feed announces of chat is kept in the same step: a message is heard after a subscription, or was kept
//      before it. A deleted message leaves a mark in its place.
// [M5] `at` is the store's time. Nothing is said in a closed room.
// [M6] In a room of more than `cap.above` members not more than `cap.perSecond` messages are shown in a second, of those
//      that need not always be; reactions do not count. Half of it is for everybody's lines, the next three tenths for
//      the first line of each sender in that second, the rest for lines that mention somebody.
import type { MessageRank } from '../domain/messages.ts';
import type { MessageId, RoomId, UserId } from '../protocol/ids.ts';
import type { ChatMessage, RoomMessage } from '../protocol/messages.ts';
import type { CommandKey, RememberedAnswer, SessionFence, Timed } from './room-store.ts';

/** How many chat messages of a room are kept: for coming back after a short while, and for deleting one's own. */
export const MESSAGES_KEPT = 200;

/** The commands under which answers are remembered. */
export const SEND = 'message:send';
export const DELETE = 'message:delete';
export const SIGNAL = 'signal:send';

type WithoutTime<Message> = Message extends unknown ? Omit<Message, 'at'> : never;

/** One message on its way; the store stamps its time [M5]. */
export interface NewMessage extends Timed {
  /** Null for the app's backend, which has no session. */
  readonly session: SessionFence | null;
  readonly key: CommandKey | null;
  readonly messageId: MessageId;
  readonly message: WithoutTime<RoomMessage>;
  /** What it is to the cap [M6]. */
  readonly rank: MessageRank;
}

/** How much is shown in very large rooms [M6]. */
export interface ChatCap {
  /** In rooms of so many members or fewer everything is. */
  readonly above: number;
  readonly perSecond: number;
}

/** The part of the cap up to which each sort of message is shown [M6]. */
export const CAP_SHARES = { again: 0.5, first: 0.8, mention: 1 } as const;

/** What hinders any speaking: `gone`: the session is over; `absent`: there is no such room. */
interface Hindered {
  readonly status: 'gone' | 'closed' | 'absent';
}
interface Answered {
  readonly status: 'answered';
  readonly answer: RememberedAnswer;
}

export type WriteResult =
  /** `isShown` false: accepted, and shown to nobody [M6]. */
  | { readonly status: 'said'; readonly at: number; readonly isShown: boolean }
  | { readonly status: 'silenced'; readonly until: number | null }
  | Answered
  | Hindered;

export interface Deletion extends Timed {
  readonly session: SessionFence | null;
  readonly key: CommandKey | null;
  readonly messageId: MessageId;
  readonly by: string;
  /** Whose messages: his own, which must still be kept, or anybody's, also one that is kept no more. */
  readonly scope: 'own' | 'any';
}

/** `deleted` also when it was before; `foreign`: it is another's; `unknown`: it is not kept. */
export type DeleteResult =
  | { readonly status: 'deleted' }
  | { readonly status: 'foreign' }
  | { readonly status: 'unknown' }
  | Answered
  | Hindered;

export interface Signal extends Timed {
  readonly session: SessionFence & { readonly userId: UserId };
  readonly key: CommandKey | null;
  readonly to: UserId;
  readonly data: unknown;
}

/** `unknown`: the addressee is no member. */
export type SignalResult = { readonly status: 'sent' } | { readonly status: 'unknown' } | Answered | Hindered;

/** A chat message as it is kept, or the mark that it has left. */
export type KeptMessage =
  | { readonly messageId: MessageId; readonly userId: string; readonly message: ChatMessage }
  | { readonly messageId: MessageId; readonly userId: string; readonly deletedBy: string };

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface MessageStore {
  /** One result for each saying, in order; without a cap all are shown. */
  write(roomId: RoomId, sayings: readonly NewMessage[], cap?: ChatCap): Promise<readonly WriteResult[]>;
  delete(roomId: RoomId, deletion: Deletion): Promise<DeleteResult>;
  signal(roomId: RoomId, signal: Signal): Promise<SignalResult>;
  /** The chat messages that are kept, oldest first. */
  recent(roomId: RoomId): Promise<readonly KeptMessage[]>;
}
