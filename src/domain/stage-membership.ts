// The end, the grace and the return of a membership on the stage, and the sweep (PRES-1, PRES-2, ROOM-3).
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

/** The grace begins. The member keeps seat, request and invitation, is shown as away, and gets a new fence (PRES-1). */
export function dropMember(room: RoomState, payload: StageCommandOf<'member:drop'>, context: Context): Ruling {
  const { userId, fence } = payload;
  // A newer session may drop while an older drop is still on record, because the return between them was not recorded.
  // But if the drop on record already ended this session, its grace does not begin again.
  const isKnown = (awayOf(room, userId)?.fence ?? 0) >= fence;
  if (isKnown || !isOnStage(room, userId)) return accept([]);
  const until = context.now + room.settings.graceMs;
  const seat = seatOf(room, userId);
  return accept([
    stamp(context, { type: 'member.away', userId, until, fence: fence + 1 }),
    ...(seat ? [stamp(context, { type: 'seat.away', seat: seat.seat, userId, until })] : []),
  ]);
}

/** The member is back within their grace, and their seat shows it. No change if they were not away. */
export function returnMember(room: RoomState, payload: StageCommandOf<'member:return'>, context: Context): Ruling {
  const { userId } = payload;
  if (!awayOf(room, userId)) return accept([]);
  const seat = seatOf(room, userId);
  return accept([
    stamp(context, { type: 'member.back', userId }),
    ...(seat ? [stamp(context, { type: 'seat.back', seat: seat.seat, userId })] : []),
  ]);
}

/** Ends everything that is overdue at `now`. No events if nothing is. */
export function sweepStage(room: RoomState, context: Context): Ruling {
  const { now } = context;
  const events: StageEvent[] = [];
  const present = new Set(context.present);
  let state = room;
  const append = (more: readonly StageEvent[]) => {
    events.push(...more);
    state = applyAll(state, more);
  };
  for (const [userId, { until, fence }] of Object.entries(room.away)) {
    // The end of the owner's membership may have closed the room.
    if (state.closed) return accept(events);
    if (until > now) continue;
    // A member who is removed in this sweep cannot become the owner in it.
    present.delete(userId as UserId);
    append(endMembership(state, { ...context, present }, { userId: userId as UserId, fence, reason: 'disconnected' }));
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
  /** The end of the ban, if the member was banned. */
  readonly until?: number;
}

/** Ends a membership with its seat, request and invitation. For the owner ROOM-7 applies in the same version. */
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

/** Members on the stage have a grace, and so has the owner. Other listeners have none (PRES-1). */
const isOnStage = (room: RoomState, userId: string): boolean =>
  userId === room.roles.ownerId ||
  seatOf(room, userId) !== null ||
  requestOf(room, userId) !== null ||
  invitationOf(room, userId) !== null;
