// What a member's leaving, dropping and coming back mean for the stage, and what falls due (PRES-1, PRES-2, ROOM-3).
// Must not know connections.
import type { UserId } from '../protocol/ids.ts';
import type { Reason } from '../protocol/stage.ts';
import { accept, type Context, type Ruling, stamp } from './decision.ts';
import { awayOf, invitationOf, type RoomState, requestOf, seatOf } from './room.ts';
import { unseat } from './seating.ts';
import type { StageCommandOf } from './stage-command.ts';
import type { StageEvent } from './stage-event.ts';

/** Seat, request, invitation and membership end in one version. */
export function leaveStage(room: RoomState, payload: StageCommandOf<'member:leave'>, context: Context): Ruling {
  return accept(endMembership(room, context, { ...payload, reason: 'left' }));
}

/** The grace begins: what he holds is kept, and shown as away; his session's fence is spent (PRES-1). */
export function dropMember(room: RoomState, payload: StageCommandOf<'member:drop'>, context: Context): Ruling {
  const { userId, fence } = payload;
  // A later session may drop while an earlier drop is still on record: its return could not be recorded.
  const isKnown = (awayOf(room, userId)?.fence ?? 0) > fence;
  if (isKnown || !isOnStage(room, userId)) return accept([]);
  const until = context.now + room.settings.graceMs;
  const seat = seatOf(room, userId);
  return accept([
    stamp(context, { type: 'member.away', userId, until, fence: fence + 1 }),
    ...(seat ? [stamp(context, { type: 'seat.away', seat: seat.seat, userId, until })] : []),
  ]);
}

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
  const gone = Object.entries(room.away).filter(([, { until }]) => until <= now);
  const goneIds = new Set(gone.map(([userId]) => userId));
  return accept([
    ...gone.flatMap(([userId, { fence }]) =>
      endMembership(room, context, { userId: userId as UserId, fence, reason: 'disconnected' }),
    ),
    ...room.requests
      .filter(({ userId, expiresAt }) => expiresAt <= now && !goneIds.has(userId))
      .map(({ userId }) => stamp(context, { type: 'request.ended', userId, status: 'expired', reason: 'expired' })),
    ...room.invitations
      .filter(({ userId, expiresAt }) => expiresAt <= now && !goneIds.has(userId))
      .map(({ userId }) => stamp(context, { type: 'invite.ended', userId, status: 'expired', reason: 'expired' })),
  ]);
}

interface Ending {
  readonly userId: UserId;
  readonly fence: number;
  readonly reason: Reason;
}

function endMembership(room: RoomState, context: Context, { userId, fence, reason }: Ending): StageEvent[] {
  const seat = seatOf(room, userId);
  return [
    ...(seat ? unseat(context, seat, reason) : []),
    ...(requestOf(room, userId) ? [stamp(context, { type: 'request.ended', userId, status: 'ended', reason })] : []),
    ...(invitationOf(room, userId) ? [stamp(context, { type: 'invite.ended', userId, status: 'ended', reason })] : []),
    stamp(context, { type: 'member.left', userId, fence, reason }),
  ];
}

const isOnStage = (room: RoomState, userId: string): boolean =>
  seatOf(room, userId) !== null || requestOf(room, userId) !== null || invitationOf(room, userId) !== null;
