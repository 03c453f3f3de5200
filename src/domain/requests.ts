// Requests for a seat: sending, cancelling, accepting and rejecting them (连麦, REQ-1…3).
import type { Request } from '../protocol/stage.ts';
import { applyAll } from './apply.ts';
import {
  accept,
  type Context,
  type MemberRule,
  type Rule,
  type Ruling,
  reject,
  rejectWith,
  stamp,
} from './decision.ts';
import { limits, liveInvitation, liveRequest, queuePosition, type RoomState, requestOf, seatOf } from './room.ts';
import { noSuchSeat, preferredOrFree, seatAt, seatNamed, seatOnPreferred, seatRefusal, seatUser } from './seating.ts';

/** Puts the requester into the queue; seats them at once if they are invited or seats are free (REQ-1, INV-2). */
export const sendRequest: MemberRule<'request:send'> = (room, context, payload) => {
  const { actor } = context;
  const seated = seatOf(room, actor.userId);
  if (seated) return reject('ALREADY_SEATED', { seat: seated });
  if (payload.seat !== undefined && !seatAt(room, payload.seat)) return noSuchSeat(room);
  const invitation = liveInvitation(room, actor.userId, context.now);
  if (invitation) {
    // Staff and the requester agree (INV-2). The seat named last counts; if it is taken, any free seat will do.
    const preferred = payload.seat ?? invitation.seat;
    return seatOnPreferred(room, context, { preferred, profile: actor, via: 'request' });
  }
  if (room.settings.seatMode === 'invite') return reject('INVITE_REQUIRED');
  if (room.settings.seatMode === 'free') {
    const seat = preferredOrFree(room, actor.userId, payload.seat ?? null);
    if (seat !== null) return accept(seatUser(room, context, { seat, profile: actor, via: 'request' }), { seat });
  }
  return enqueue(room, context, payload);
};

/** Adds the request, or changes the seat and note of the pending one: nobody is in the queue twice (REQ-1). */
const enqueue: MemberRule<'request:send'> = (room, context, payload) => {
  const { userId, name, avatar, rtcUid, level } = context.actor;
  const named = payload.seat === undefined ? null : seatRefusal(room, payload.seat, userId);
  // A request may name a taken seat, which may be free when the request is served. It may not name a locked seat.
  if (named && named.code !== 'SEAT_TAKEN') {
    const isAway = named.code === 'SEAT_RESERVED' && payload.seat !== room.settings.ownerSeat;
    if (!isAway) return rejectWith(named);
  }
  const pending = requestOf(room, userId);
  const isOverdue = pending !== null && pending.expiresAt <= context.now;
  if (pending && !isOverdue) {
    const request: Request = { ...pending, seat: payload.seat ?? pending.seat, note: payload.note ?? pending.note };
    const changed = request.seat !== pending.seat || request.note !== pending.note;
    const events = changed ? [stamp(context, { type: 'request.updated', request })] : [];
    return accept(events, { position: queuePosition(room, userId) });
  }
  const isFull = room.requests.length >= limits.requestsPending;
  if (isFull && !isOverdue) return reject('QUEUE_FULL', { limit: limits.requestsPending });
  const request: Request = {
    userId,
    name,
    avatar,
    rtcUid,
    level,
    seat: payload.seat ?? null,
    note: payload.note ?? '',
    at: context.now,
    expiresAt: context.now + limits.requestExpiryMs,
  };
  // The old request is overdue but not yet swept. It ends before the new one begins.
  const expired = stamp(context, { type: 'request.ended', userId, status: 'expired', reason: 'expired' });
  const events = [...(isOverdue ? [expired] : []), stamp(context, { type: 'request.added', request })];
  return accept(events, { position: queuePosition(applyAll(room, events), userId) });
};

/** Ends the requester's own request, if it is still pending. An earlier decision stands (REQ-3). */
export const cancelRequest: MemberRule<'request:cancel'> = (room, context) => {
  const { userId } = context.actor;
  if (!liveRequest(room, userId, context.now)) return notPending(room, context, userId);
  return accept([stamp(context, { type: 'request.ended', userId, status: 'cancelled' })]);
};

/** Seats the requester: on the seat that staff name, else the requested one, else any free one (REQ-2). */
export const acceptRequest: Rule<'request:accept'> = (room, context, { userId, seat }) => {
  const request = liveRequest(room, userId, context.now);
  if (!request) return notPending(room, context, userId);
  // A seat that staff name is never replaced by another one. Only the requester's wish may be.
  if (seat !== undefined) return seatNamed(room, context, { seat, profile: request, via: 'request' });
  return seatOnPreferred(room, context, { preferred: request.seat, profile: request, via: 'request' });
};

/** Rejects a request, with an optional note to the requester. */
export const rejectRequest: Rule<'request:reject'> = (room, context, { userId, note }) => {
  if (!liveRequest(room, userId, context.now)) return notPending(room, context, userId);
  const withNote = note === undefined ? {} : { note };
  return accept([stamp(context, { type: 'request.ended', userId, status: 'rejected', ...withNote })]);
};

/** A second decision is answered with the first one (REQ-3, ACK-5). A request that is overdue counts as expired. */
function notPending(room: RoomState, context: Context, userId: string): Ruling {
  if (requestOf(room, userId)) return reject('REQUEST_ALREADY_PROCESSED', { by: 'system', status: 'expired' });
  const outcome = room.outcomes.findLast(
    (past) => past.userId === userId && past.at > context.now - limits.outcomeMemoryMs,
  );
  if (!outcome) return reject('REQUEST_NOT_FOUND');
  return reject('REQUEST_ALREADY_PROCESSED', { by: outcome.by, status: outcome.status });
}
