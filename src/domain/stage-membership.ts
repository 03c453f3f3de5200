// The end, the grace and the return of a membership on the stage, and the sweep (PRES-1, PRES-2, ROOM-3).
import type { UserId } from '../protocol/ids.ts';
import type { Reason } from '../protocol/stage.ts';
import { applyAll } from './apply.ts';
import { accept, type Context, type Rule, stamp } from './decision.ts';
import { followOwner } from './owner-absence.ts';
import { awayOf, pendingOf, type RoomState, seatOf } from './room.ts';
import { endRoom } from './room-end.ts';
import { endPending, unseat } from './seating.ts';
import type { StageEvent } from './stage-event.ts';

/** Seat, request, invitation and membership end in one version. */
export const leaveStage: Rule<'member:leave'> = (room, context, payload) =>
  accept(endMembership(room, context, { reason: 'left', ...payload }));

/** The grace begins. The member keeps seat, request and invitation, is shown as away, and gets a new fence (PRES-1). */
export const dropMember: Rule<'member:drop'> = (room, context, { userId, fence }) => {
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
};

/** The member is back within their grace, and their seat shows it. No change if they were not away. */
export const returnMember: Rule<'member:return'> = (room, context, { userId }) => {
  if (!awayOf(room, userId)) return accept([]);
  const seat = seatOf(room, userId);
  return accept([
    stamp(context, { type: 'member.back', userId }),
    ...(seat ? [stamp(context, { type: 'seat.back', seat: seat.seat, userId })] : []),
  ]);
};

/** Ends everything that is overdue at `now`. No events if nothing is. */
export const sweepStage: Rule<'room:sweep'> = (room, context) => {
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
  const isOverdue = ({ expiresAt }: { readonly expiresAt: number }) => expiresAt <= now;
  const overdue = { requests: state.requests.filter(isOverdue), invitations: state.invitations.filter(isOverdue) };
  return accept([...events, ...endPending(context, overdue, { status: 'expired', reason: 'expired' })]);
};

/** The room has been empty for too long (ROOM-7). */
export const expireRoom: Rule<'room:expire'> = (room, context) => accept(endRoom(room, context, 'empty'));

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
  const events = [
    ...(seat ? unseat(context, seat, reason) : []),
    ...endPending(context, pendingOf(room, userId), { status: 'ended', reason }),
    stamp(context, { type: 'member.left', ...ending }),
  ];
  return userId === room.roles.ownerId ? [...events, ...followOwner(applyAll(room, events), context, ending)] : events;
}

/** Members on the stage have a grace, and so has the owner. Other listeners have none (PRES-1). */
function isOnStage(room: RoomState, userId: string): boolean {
  const { requests, invitations } = pendingOf(room, userId);
  return userId === room.roles.ownerId || seatOf(room, userId) !== null || requests.length + invitations.length > 0;
}
