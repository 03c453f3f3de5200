// Who may say what in a room, and delete what (MSG-3, MSG-6). Silences are the store's to check, with the message itself.
import type { Rejection } from '../protocol/errors.ts';
import type { MessageInput } from '../protocol/messages.ts';
import type { Actor } from './actor.ts';
import { isStaff, type RoomState, seatOf } from './room.ts';

/**
 * Null when he may. The setting `chat` governs chat alone: gifts, reactions and what an app makes of custom messages go
 * on while the public screen is closed. Staff may always write.
 */
export function messageRefusal(room: RoomState, actor: Actor, kind: MessageInput['kind']): Rejection | null {
  if (room.closed) return { code: 'ROOM_CLOSED', details: { reason: room.closed.reason } };
  if (actor.kind !== 'member' || kind !== 'chat' || isStaff(room, actor.userId)) return null;
  const { chat } = room.settings;
  const isAllowed = chat === 'all' || (chat === 'seated' && seatOf(room, actor.userId) !== null);
  return isAllowed ? null : { code: 'FORBIDDEN', details: { chat } };
}

/** Whether he may delete others' messages, too. */
export const mayDeleteAny = (room: RoomState, actor: Actor): boolean =>
  actor.kind !== 'member' || isStaff(room, actor.userId);

/** A room of more members than this cannot show all that is said in it (MSG-7). */
export const CAPPED_ROOM_MEMBERS = 5_000;

/**
 * Who goes first when a very large room cannot show all that is said (MSG-7): what staff and services say, and gifts, is
 * always shown; lines that mention somebody come before other lines.
 */
export type MessageRank = 'always' | 'mention' | 'plain';

export function messageRank(room: RoomState, actor: Actor, said: MessageInput): MessageRank {
  if (actor.kind !== 'member' || isStaff(room, actor.userId) || said.kind === 'gift') return 'always';
  return said.kind === 'chat' && (said.body.mentions?.length ?? 0) > 0 ? 'mention' : 'plain';
}
