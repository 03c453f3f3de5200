// Contract: writes the messages of each room to its feed, and keeps chat for a while.
//
// [M1] The sender's session and silence are checked in the step that keeps and announces the message.
// [M2] What one call accepts is announced in one piece and in order. Reactions come last, summed by their keys.
// [M3] An answer remembered under a command id is returned instead of writing again, as with commits (ACK-2).
// [M4] Chat is kept in the step that announces it. So a message comes after a subscription, or was kept before it. A
//      deleted message leaves a mark in its place.
// [M5] `at` is the store's time. Nothing is written in a closed room.
// [M6] In a room of more than `cap.above` members the cap limits how many messages are shown in a second. A message is
//      shown while fewer are than the limit for its sort (domain messageShares). Messages of rank `always` are always
//      shown, but count. Reactions do not count.
import type { MessageRank, MessageShares } from '../domain/messages.ts';
import type { MessageId, RoomId, UserId } from '../protocol/ids.ts';
import type { ChatMessage, RoomMessage } from '../protocol/messages.ts';
import type { CommandKey, RememberedAnswer, SessionFence, Timed } from './room-store.ts';

/** How many chat messages of a room are kept: for members that come back soon, and for deleting one's own. */
export const MESSAGES_KEPT = 200;

/** The commands under which answers are remembered. */
export const SEND_COMMAND = 'message:send';
export const DELETE_COMMAND = 'message:delete';
export const SIGNAL_COMMAND = 'signal:send';

type WithoutTime<Message> = Message extends unknown ? Omit<Message, 'at'> : never;

/** One message on its way; the store stamps its time [M5]. */
export interface NewMessage extends Timed {
  /** Null for the app's backend, which has no session. */
  readonly session: SessionFence | null;
  readonly key: CommandKey | null;
  readonly messageId: MessageId;
  readonly message: WithoutTime<RoomMessage>;
  /** Its rank under the cap [M6]. */
  readonly rank: MessageRank;
}

/** How many messages are shown in very large rooms [M6]. */
export interface ChatCap {
  /** A room of this many members or fewer shows everything. */
  readonly above: number;
  /** How many messages may be shown in a second, by the sort of the next one. */
  readonly shares: MessageShares;
}

/** Why nothing can be written. `gone`: the session is over; `absent`: there is no such room. */
type Hindered = { readonly status: 'gone' | 'closed' | 'absent' };
type Answered = { readonly status: 'answered'; readonly answer: RememberedAnswer };

export type WriteResult =
  /** `isShown` false: the message was accepted, but nobody sees it [M6]. */
  | { readonly status: 'said'; readonly at: number; readonly isShown: boolean }
  | { readonly status: 'silenced'; readonly until: number | null }
  | Answered
  | Hindered;

export interface Deletion extends Timed {
  readonly session: SessionFence | null;
  readonly key: CommandKey | null;
  readonly messageId: MessageId;
  readonly by: string;
  /** `own`: only a kept message of the session's user. `any` allows every message, even one that is not kept. */
  readonly scope: 'own' | 'any';
}

/** `deleted`: also when it was deleted before; `notOwn`: it is another user's; `unknown`: it is not kept. */
export type DeleteResult =
  | { readonly status: 'deleted' }
  | { readonly status: 'notOwn' }
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

/**
 * All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. Writes throw
 * StaleWriteError when they were sent too long ago, and RecoveryRequiredError when the room must be recovered first.
 */
export interface MessageStore {
  /** Returns one result for each message, in order. Without a cap all are shown. */
  write(roomId: RoomId, messages: readonly NewMessage[], cap?: ChatCap): Promise<readonly WriteResult[]>;
  delete(roomId: RoomId, deletion: Deletion): Promise<DeleteResult>;
  signal(roomId: RoomId, signal: Signal): Promise<SignalResult>;
  /** The chat messages that are kept, oldest first. */
  recent(roomId: RoomId): Promise<readonly KeptMessage[]>;
}
