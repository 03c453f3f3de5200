// Invitations to a seat: sending, answering and cancelling them (抱麦, INV-1, INV-2).
import type { UserId } from '../protocol/ids.ts';
import type { Invitation } from '../protocol/stage.ts';
import { operatorName } from './actor.ts';
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
import { invitationOf, limits, liveInvitation, liveRequest, type RoomState, seatOf } from './room.ts';
import { noSuchSeat, seatAt, seatOnPreferred, seatRefusal } from './seating.ts';

/** Invites a member to a seat. `seat:pick` of a user without a seat comes here too (SEAT-4). */
export const inviteToSeat: Rule<'invite:send'> = (room, context, payload) => {
  const { userId } = payload;
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId });
  const seated = seatOf(room, userId);
  if (seated) return reject('ALREADY_SEATED', { seat: seated });
  if (payload.seat !== undefined && !seatAt(room, payload.seat)) return noSuchSeat(room);
  const request = liveRequest(room, userId, context.now);
  if (request) {
    const preferred = payload.seat ?? request.seat;
    return seatOnPreferred(room, context, { preferred, profile: context.target, via: 'invite' });
  }
  const refusal = payload.seat === undefined ? null : seatRefusal(room, payload.seat, userId);
  return refusal ? rejectWith(refusal) : offer(room, context, payload);
};

/** Each invitee has one pending invitation. A second one renews it and names the seat of the second. */
const offer: Rule<'invite:send'> = (room, context, { userId, seat = null }) => {
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
};

/** Seats the invitee on the offered seat, or on any free seat if that one is taken by now. */
export const acceptInvitation: MemberRule<'invite:accept'> = (room, context) => {
  const invitation = liveInvitation(room, context.actor.userId, context.now);
  if (!invitation) return reject('INVITE_NOT_FOUND');
  return seatOnPreferred(room, context, { preferred: invitation.seat, profile: context.actor, via: 'invite' });
};

/** Ends the invitation, because the invitee does not want the seat. */
export const declineInvitation: MemberRule<'invite:decline'> = (room, context) =>
  endInvitation(room, context, { userId: context.actor.userId, status: 'declined' });

/** Staff withdraw an invitation that is still pending. */
export const cancelInvitation: Rule<'invite:cancel'> = (room, context, { userId }) =>
  endInvitation(room, context, { userId, status: 'cancelled' });

function endInvitation(
  room: RoomState,
  context: Context,
  end: { readonly userId: UserId; readonly status: 'declined' | 'cancelled' },
): Ruling {
  if (!liveInvitation(room, end.userId, context.now)) return reject('INVITE_NOT_FOUND');
  return accept([stamp(context, { type: 'invite.ended', ...end })]);
}
