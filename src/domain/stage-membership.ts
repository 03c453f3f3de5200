// What a member's leaving, dropping and coming back mean for the stage, and what falls due (PRES-1, PRES-2, ROOM-3).
// Must not know connections.
import type { UserId } from '../protocol/ids.ts';
import type { Reason } from '../protocol/stage.ts';
import { applyAll } from './apply.ts';
import { accept, type Context, type Ruling, stamp } from './decision.ts';
import { followOwner } from './owner-absence.ts';
import { awayOf, invitationOf, type RoomState, requestOf, seatOf } from './room.ts';
import { endRoom } from './room-end.ts';
import { unseat } from './seating.ts';
import type { StageCommandOf } from './stage-command.ts';
import type { StageEvent } from './stage-event.ts';

/** Seat, request, invitation and membership end in one version. */
export function leaveStage(room: RoomState, payload: StageCommandOf<'member:leave'>, context: Context): Ruling {
  return accept(endMembership(room, context, { reason: 'left', ...payload }));
}

/** The grace begins: what he holds is kept, and shown as away; his session's fence is spent (PRES-1). */
export function dropMember(room: RoomState, payload: StageCommandOf<'member:drop'>, context: Context): Ruling {
  const { userId, fence } = payload;
  // A later session may drop while an earlier drop is still on record: its return could not be recorded. The one that the
  // drop on record has spent is over already, and its grace is not begun again.
  const isKnown = (awayOf(room, userId)?.fence ?? 0) >= fence;
  if (isKnown || !isOnStage(room, userId)) return accept([]);
  const until = context.now + room.settings.graceMs;
  const seat = seatOf(room, userId);
  return accept([
    stamp(context, { type: 'member.away', userId, until, fence: fence + 1 }),
    ...(seat ? [stamp(context, { type: 'seat.away', seat: seat.seat, userId, until })] : []),
  ]);
}

/** He is back within his grace: his seat is his again, and others see that. No change if he was not away. */
export function returnMember(room: RoomState, payload: StageCommandOf<'member:return'>, context: Context): Ruling {
  const { userId } = payload;
  if (!awayOf(room, userId)) return accept([]);
  const seat = seatOf(room, userId);
  return accept([
    stamp(context, { type: 'member.back', userId }),
    ...(seat ? [stamp(context, { type: 'seat.back', seat: seat.seat, userId })] : []),
  ]);
}

/** Ends whatever is overdue at `now`; nothing overdue, nothing happens. */
export function sweepStage(room: RoomState, context: Context): Ruling {
  const { now } = context;
  const events: StageEvent[] = [];
  const present = new Set(context.present);
  let state = room;
  const happen = (more: readonly StageEvent[]) => {
    events.push(...more);
    state = applyAll(state, more);
  };
  for (const [userId, { until, fence }] of Object.entries(room.away)) {
    // An owner who stays away may take the room with him.
    if (state.closed) return accept(events);
    if (until > now) continue;
    // Whoever goes in this very sweep succeeds nobody.
    present.delete(userId as UserId);
    happen(endMembership(state, { ...context, present }, { userId: userId as UserId, fence, reason: 'disconnected' }));
  }
  if (state.closed) return accept(events);
  for (const { userId, expiresAt } of state.requests) {
    if (expiresAt <= now) {
      events.push(stamp(context, { type: 'request.ended', userId, status: 'expired', reason: 'expired' }));
    }
  }
  for (const { userId, expiresAt } of state.invitations) {
    if (expiresAt <= now) {
      events.push(stamp(context, { type: 'invite.ended', userId, status: 'expired', reason: 'expired' }));
    }
  }
  return accept(events);
}

/** The room has been empty for too long (ROOM-7). */
export const expireRoom = (room: RoomState, context: Context): Ruling => accept(endRoom(room, context, 'empty'));

interface Ending {
  readonly userId: UserId;
  readonly fence: number;
  readonly reason: Reason;
  /** He is kept out till then. */
  readonly until?: number;
}

/** All that a member holds ends with his membership; what the owner leaves behind is settled in the same version. */
export function endMembership(room: RoomState, context: Context, ending: Ending): StageEvent[] {
  const { userId, reason } = ending;
  const seat = seatOf(room, userId);
  const events: StageEvent[] = [
    ...(seat ? unseat(context, seat, reason) : []),
    ...(requestOf(room, userId) ? [stamp(context, { type: 'request.ended', userId, status: 'ended', reason })] : []),
    ...(invitationOf(room, userId) ? [stamp(context, { type: 'invite.ended', userId, status: 'ended', reason })] : []),
    stamp(context, { type: 'member.left', ...ending }),
  ];
  return userId === room.roles.ownerId ? [...events, ...followOwner(applyAll(room, events), context, ending)] : events;
}

/** Whoever is on the stage keeps his place for the grace of the room, the owner as well; other listeners do not (PRES-1). */
const isOnStage = (room: RoomState, userId: string): boolean =>
  userId === room.roles.ownerId ||
  seatOf(room, userId) !== null ||
  requestOf(room, userId) !== null ||
  invitationOf(room, userId) !== null;
