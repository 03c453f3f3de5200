// The rights to send and delete messages in a room (MSG-3, MSG-6), and the rank of messages in a large room (MSG-7).
// Silences are not checked here: the store checks them in the same step that writes the message.
import type { Rejection } from '../protocol/errors.ts';
import type { MessageInput } from '../protocol/messages.ts';
import type { Actor } from './actor.ts';
import { isStaff, type RoomState, seatOf } from './room.ts';

/**
 * Why the actor may not send a message of this kind; null when they may. The setting `chat` governs the kind `chat`
 * alone: gifts, reactions and custom messages go on while chat is closed. Staff may always write.
 */
export function messageRefusal(room: RoomState, actor: Actor, kind: MessageInput['kind']): Rejection | null {
  if (room.closed) return { code: 'ROOM_CLOSED', details: { reason: room.closed.reason } };
  if (actor.kind !== 'member' || kind !== 'chat' || isStaff(room, actor.userId)) return null;
  const { chat } = room.settings;
  const isAllowed = chat === 'all' || (chat === 'seated' && seatOf(room, actor.userId) !== null);
  return isAllowed ? null : { code: 'FORBIDDEN', details: { chat } };
}

/** Whether the actor may delete the messages of others, not only their own. */
export const mayDeleteAny = (room: RoomState, actor: Actor): boolean =>
  actor.kind !== 'member' || isStaff(room, actor.userId);

/** A room of more members than this cannot show every message (MSG-7). */
export const CAPPED_ROOM_MEMBERS = 5_000;

/**
 * The order of messages when a very large room cannot show all of them (MSG-7). Messages of staff and of the app's
 * backend, and gifts, are always shown. Chat that mentions a user comes before other messages.
 */
export type MessageRank = 'always' | 'mention' | 'plain';

export function messageRank(room: RoomState, actor: Actor, message: MessageInput): MessageRank {
  if (actor.kind !== 'member' || isStaff(room, actor.userId) || message.kind === 'gift') return 'always';
  return message.kind === 'chat' && (message.body.mentions?.length ?? 0) > 0 ? 'mention' : 'plain';
}

/** How many messages a very large room may show in a second, by the sort of the next one (MSG-7). */
export interface MessageShares {
  /** For a further line of a sender in that second. */
  readonly again: number;
  /** For a sender's first line in that second. */
  readonly first: number;
  /** For a line that mentions somebody. */
  readonly mention: number;
}

/** Shares out `perSecond`: half for all lines, three tenths more for first lines, the rest for mentions. */
export const messageShares = (perSecond: number): MessageShares => ({
  again: Math.ceil(perSecond / 2),
  first: Math.ceil((perSecond * 8) / 10),
  mention: perSecond,
});
