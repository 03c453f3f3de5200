// Who may say what in a room, and delete what (MSG-3, MSG-6). Silences are the store's to check, with the message itself.
import type { Rejection } from '../protocol/errors.ts';
import type { Said } from '../protocol/messages.ts';
import type { Actor } from './actor.ts';
import { isStaff, type RoomState, seatOf } from './room.ts';

/**
 * Null when he may. The setting `chat` governs chat alone: gifts, reactions and what an app makes of custom messages go
 * on while the public screen is closed. Staff may always write.
 */
export function speechRefusal(room: RoomState, actor: Actor, kind: Said['kind']): Rejection | null {
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
export type SpeechRank = 'always' | 'mention' | 'plain';

export function rankOfSpeech(room: RoomState, actor: Actor, said: Said): SpeechRank {
  if (actor.kind !== 'member' || isStaff(room, actor.userId) || said.kind === 'gift') return 'always';
  return said.kind === 'chat' && (said.body.mentions?.length ?? 0) > 0 ? 'mention' : 'plain';
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
