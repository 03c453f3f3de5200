// Commands about seats: members take, leave and change their own; staff move and remove users (SEAT-2…5, SEAT-7).
import { must } from '../lang/assert.ts';
import type { Seat } from '../protocol/stage.ts';
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
import { inviteToSeat } from './invitations.ts';
import { type RoomState, seatOf } from './room.ts';
import {
  displacedSeat,
  isOpenTo,
  namedSeat,
  noSuchSeat,
  seatNamed,
  seatOnPreferred,
  seatRefusal,
  unseat,
} from './seating.ts';
import type { StageEvent } from './stage-event.ts';

/** Takes the named seat and no other. If the payload names none: the first seat that is free for the user (SEAT-2). */
export const takeSeat: MemberRule<'seat:take'> = (room, context, { seat }) => {
  const { actor } = context;
  const already = seatOf(room, actor.userId);
  if (already) return reject('ALREADY_SEATED', { seat: already });
  if (seat !== undefined) return seatNamed(room, context, { seat, profile: actor, via: 'take' });
  return seatOnPreferred(room, context, { preferred: null, profile: actor, via: 'take' });
};

export const leaveSeat: MemberRule<'seat:leave'> = (room, context) => {
  const seat = seatOf(room, context.actor.userId);
  return seat ? accept(unseat(context, seat, 'self')) : reject('NOT_SEATED');
};

/** Moves in one event, so that nobody sees the user without a seat in between. Their own seat is no change. */
export const moveSeat: MemberRule<'seat:move'> = (room, context, { seat }) => {
  const from = seatOf(room, context.actor.userId);
  if (!from) return reject('NOT_SEATED');
  if (from.seat === seat) return accept([], { seat });
  const refusal = seatRefusal(room, seat, context.actor.userId);
  return refusal ? rejectWith(refusal) : accept([moved(context, from, seat)], { seat });
};

/** The occupant's own switch. It does not lift a mute by the host. */
export const setMic: MemberRule<'mic:set'> = (room, context, { on }) => {
  const { userId } = context.actor;
  const seat = seatOf(room, userId);
  if (!seat?.occupant) return reject('NOT_SEATED');
  const selfMuted = !on;
  if (seat.occupant.selfMuted === selfMuted) return accept([]);
  return accept([stamp(context, { type: 'mic.changed', seat: seat.seat, userId, selfMuted })]);
};

/** Moves a seated user. A user without a seat is invited instead: nobody goes on air without their consent (SEAT-4). */
export const pickSeat: Rule<'seat:pick'> = (room, context, payload) => {
  const { userId, seat, policy } = payload;
  const from = seatOf(room, userId);
  if (!from) return inviteToSeat(room, context, payload);
  if (from.seat === seat) return accept([], { seat });
  const refusal = seatRefusal(room, seat, userId);
  if (!refusal) return accept([moved(context, from, seat)], { seat });
  const to = displacedSeat(room, payload);
  return to ? displace(room, context, { policy, from, to }) : rejectWith(refusal);
};

/** The picked user takes an occupied seat. By `policy` its occupant is unseated, or gets the other seat in exchange. */
function displace(
  room: RoomState,
  context: Context,
  { from, to, policy }: { readonly from: Seat; readonly to: Seat; readonly policy: 'abort' | 'replace' | 'swap' },
): Ruling {
  const displaced = must(to.occupant, 'nobody to displace');
  const events: StageEvent[] = [moved(context, from, to.seat)];
  if (policy === 'replace') return accept([...unseat(context, to, 'replaced'), ...events], { seat: to.seat });
  if (!isOpenTo(room, from.seat, displaced.userId)) return reject('SEAT_RESERVED', { seat: from });
  if (from.locked) return reject('SEAT_LOCKED', { seat: from });
  return accept([...events, moved(context, to, from.seat)], { seat: to.seat });
}

/** Unseats a user, named by seat or by id. The user stays in the room. */
export const kickFromSeat: Rule<'seat:kick'> = (room, context, payload) => {
  const seat = namedSeat(room, payload);
  if (!seat) return payload.userId === undefined ? noSuchSeat(room) : reject('NOT_SEATED');
  if (!seat.occupant) return reject('NOT_SEATED', { seat });
  const isSelf = context.actor.kind === 'member' && context.actor.userId === seat.occupant.userId;
  return accept(unseat(context, seat, isSelf ? 'self' : 'kicked'));
};

/** A moved user keeps `selfMuted` and comes under the new seat's `hostMuted` (SEAT-3). */
function moved(context: Context, from: Seat, to: number): StageEvent {
  const occupant = must(from.occupant, 'a move without an occupant');
  return stamp(context, { type: 'seat.moved', userId: occupant.userId, from: from.seat, to, occupant });
}
