// Invitations to a seat: sending, answering and cancelling them (抱麦, INV-1, INV-2).
import type { UserId } from '../protocol/ids.ts';
import type { Invitation } from '../protocol/stage.ts';
import { operatorName } from './actor.ts';
import { accept, type Context, type MemberContext, type Ruling, reject, rejectWith, stamp } from './decision.ts';
import { invitationOf, limits, liveInvitation, liveRequest, type RoomState, seatOf } from './room.ts';
import { noSuchSeat, preferredOrFree, seatAt, seatRefusal, seatUser } from './seating.ts';
import type { StageCommandOf } from './stage-command.ts';

/** Invites a member to a seat. `seat:pick` of a user without a seat comes here too (SEAT-4). */
export function inviteToSeat(
  room: RoomState,
  payload: { userId: UserId; seat?: number | undefined },
  context: Context,
): Ruling {
  const { userId } = payload;
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId });
  const seated = seatOf(room, userId);
  if (seated) return reject('ALREADY_SEATED', { seat: seated });
  if (payload.seat !== undefined && !seatAt(room, payload.seat)) return noSuchSeat(room);
  const request = liveRequest(room, userId, context.now);
  if (request) {
    const seat = preferredOrFree(room, userId, payload.seat ?? request.seat);
    if (seat === null) return reject('NO_FREE_SEAT');
    return accept(seatUser(room, context, { seat, profile: context.target, via: 'invite' }), { seat });
  }
  const refusal = payload.seat === undefined ? null : seatRefusal(room, payload.seat, userId);
  if (refusal) return rejectWith(refusal);
  return offer(room, payload, context);
}

/** Each invitee has one pending invitation. A second one renews it and names the seat of the second. */
function offer(room: RoomState, payload: { userId: UserId; seat?: number | undefined }, context: Context): Ruling {
  const { userId, seat = null } = payload;
  const pending = invitationOf(room, userId);
  if (!pending && room.invitations.length >= limits.invitationsPending) {
    return reject('QUEUE_FULL', { limit: limits.invitationsPending });
  }
  const { now } = context;
  const expiresAt = now + limits.invitationExpiryMs;
  const invitation: Invitation = { userId, by: operatorName(context.actor), seat, at: now, expiresAt };
  const status = pending && pending.expiresAt <= now ? 'expired' : 'cancelled';
  const renewed = pending ? [stamp(context, { type: 'invite.ended', userId, status })] : [];
  return accept([...renewed, stamp(context, { type: 'invite.added', invitation })], { expiresAt });
}

/** Seats the invitee on the offered seat, or on any free seat if that one is taken by now. */
export function acceptInvitation(room: RoomState, context: MemberContext): Ruling {
  const { actor } = context;
  const invitation = liveInvitation(room, actor.userId, context.now);
  if (!invitation) return reject('INVITE_NOT_FOUND');
  const seat = preferredOrFree(room, actor.userId, invitation.seat);
  if (seat === null) return reject('NO_FREE_SEAT');
  return accept(seatUser(room, context, { seat, profile: actor, via: 'invite' }), { seat });
}

/** Ends the invitation, because the invitee does not want the seat. */
export function declineInvitation(room: RoomState, context: MemberContext): Ruling {
  const { userId } = context.actor;
  if (!liveInvitation(room, userId, context.now)) return reject('INVITE_NOT_FOUND');
  return accept([stamp(context, { type: 'invite.ended', userId, status: 'declined' })]);
}

/** Staff withdraw an invitation that is still pending. */
export function cancelInvitation(room: RoomState, payload: StageCommandOf<'invite:cancel'>, context: Context): Ruling {
  const { userId } = payload;
  if (!liveInvitation(room, userId, context.now)) return reject('INVITE_NOT_FOUND');
  return accept([stamp(context, { type: 'invite.ended', userId, status: 'cancelled' })]);
}
