// Asking for a seat and deciding on it (连麦 requests, REQ-1…3). Must not check roles (permissions).

import type { Request } from '../protocol/stage.ts';
import { applyAll } from './apply.ts';
import { accept, type Context, type MemberContext, type Ruling, reject, rejectWith, stamp } from './decision.ts';
import { limits, liveInvitation, liveRequest, queuePosition, type RoomState, requestOf, seatOf } from './room.ts';
import { noSuchSeat, preferredOrFree, seatAt, seatRefusal, seatUser } from './seating.ts';
import type { StageCommandOf } from './stage-command.ts';

/** Queues whoever asks; seats him at once where he is invited or seats are free for all (REQ-1, INV-2). */
export function sendRequest(room: RoomState, payload: StageCommandOf<'request:send'>, context: MemberContext): Ruling {
  const { actor } = context;
  const seated = seatOf(room, actor.userId);
  if (seated) return reject('ALREADY_SEATED', { seat: seated });
  if (payload.seat !== undefined && !seatAt(room, payload.seat)) return noSuchSeat(room);
  const invitation = liveInvitation(room, actor.userId, context.now);
  if (invitation) {
    // Both want it (INV-2): of two named seats the later counts, and if that is gone any free one will do.
    const seat = preferredOrFree(room, actor.userId, payload.seat ?? invitation.seat);
    if (seat === null) return reject('NO_FREE_SEAT');
    return accept(seatUser(room, context, { seat, profile: actor, via: 'request' }), { seat });
  }
  if (room.settings.seatMode === 'invite') return reject('INVITE_REQUIRED');
  if (room.settings.seatMode === 'free') {
    const seat = preferredOrFree(room, actor.userId, payload.seat ?? null);
    if (seat !== null) return accept(seatUser(room, context, { seat, profile: actor, via: 'request' }), { seat });
  }
  return enqueue(room, payload, context);
}

/** Adds the request, or lets the pending one name another seat: nobody is in the queue twice (REQ-1). */
function enqueue(room: RoomState, payload: StageCommandOf<'request:send'>, context: MemberContext): Ruling {
  const { userId, name, avatar, rtcUid, level } = context.actor;
  const named = payload.seat === undefined ? null : seatRefusal(room, payload.seat, userId);
  // A taken seat may be asked for: it may be free by the time the request is served. A locked one is not on offer.
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
  // The old one, overdue but not yet swept, ends before the new one begins.
  const expired = stamp(context, { type: 'request.ended', userId, status: 'expired', reason: 'expired' });
  const events = [...(isOverdue ? [expired] : []), stamp(context, { type: 'request.added', request })];
  return accept(events, { position: queuePosition(applyAll(room, events), userId) });
}

/** Takes back what is still pending; what was decided before that stands (REQ-3). */
export function cancelRequest(room: RoomState, context: MemberContext): Ruling {
  const { userId } = context.actor;
  if (!liveRequest(room, userId, context.now)) return notPending(room, userId, context);
  return accept([stamp(context, { type: 'request.ended', userId, status: 'cancelled' })]);
}

/** Seats whoever asked: on the seat the judge names, else the one that was asked for, else any free one (REQ-2). */
export function acceptRequest(room: RoomState, payload: StageCommandOf<'request:accept'>, context: Context): Ruling {
  const request = liveRequest(room, payload.userId, context.now);
  if (!request) return notPending(room, payload.userId, context);
  if (payload.seat !== undefined) {
    // What the judge names himself is not exchanged for another seat; only the requester's wish may give way.
    const refusal = seatRefusal(room, payload.seat, payload.userId);
    if (refusal) return rejectWith(refusal);
  }
  const seat = payload.seat ?? preferredOrFree(room, payload.userId, request.seat);
  if (seat === null) return reject('NO_FREE_SEAT');
  return accept(seatUser(room, context, { seat, profile: request, via: 'request' }), { seat });
}

/** Turns somebody down, with a note if the judge likes. */
export function rejectRequest(room: RoomState, payload: StageCommandOf<'request:reject'>, context: Context): Ruling {
  const { userId, note } = payload;
  if (!liveRequest(room, userId, context.now)) return notPending(room, userId, context);
  const said = note === undefined ? {} : { note };
  return accept([stamp(context, { type: 'request.ended', userId, status: 'rejected', ...said })]);
}

/** The second judge is told who was first (REQ-3, ACK-5); a request that is overdue but not yet swept has expired. */
function notPending(room: RoomState, userId: string, context: Context): Ruling {
  if (requestOf(room, userId)) return reject('REQUEST_ALREADY_PROCESSED', { by: 'system', status: 'expired' });
  const outcome = room.outcomes.findLast(
    (past) => past.userId === userId && past.at > context.now - limits.outcomeMemoryMs,
  );
  if (!outcome) return reject('REQUEST_NOT_FOUND');
  return reject('REQUEST_ALREADY_PROCESSED', { by: outcome.by, status: outcome.status });
}
