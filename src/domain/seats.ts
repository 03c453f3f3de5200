// Commands about seats: members take, leave and change their own; staff move and remove users (SEAT-2…5, SEAT-7).
import { must } from '../lang/assert.ts';
import type { Seat } from '../protocol/stage.ts';
import { accept, type Context, type MemberContext, type Ruling, reject, rejectWith, stamp } from './decision.ts';
import { inviteToSeat } from './invitations.ts';
import { type RoomState, seatOf } from './room.ts';
import {
  displacedSeat,
  freeSeatFor,
  isOpenTo,
  namedSeat,
  noSuchSeat,
  seatRefusal,
  seatUser,
  unseat,
} from './seating.ts';
import type { StageCommandOf } from './stage-command.ts';
import type { StageEvent } from './stage-event.ts';

/** Takes the named seat and no other. If the payload names none: the first seat that is free for the user (SEAT-2). */
export function takeSeat(room: RoomState, payload: StageCommandOf<'seat:take'>, context: MemberContext): Ruling {
  const { actor } = context;
  const already = seatOf(room, actor.userId);
  if (already) return reject('ALREADY_SEATED', { seat: already });
  if (payload.seat !== undefined) {
    const refusal = seatRefusal(room, payload.seat, actor.userId);
    if (refusal) return rejectWith(refusal);
  }
  const seat = payload.seat ?? freeSeatFor(room, actor.userId);
  if (seat === null) return reject('NO_FREE_SEAT');
  return accept(seatUser(room, context, { seat, profile: actor, via: 'take' }), { seat });
}

export function leaveSeat(room: RoomState, context: MemberContext): Ruling {
  const seat = seatOf(room, context.actor.userId);
  if (!seat) return reject('NOT_SEATED');
  return accept(unseat(context, seat, 'self'));
}

/** Moves in one event, so that nobody sees the user without a seat in between. Their own seat is no change. */
export function moveSeat(room: RoomState, payload: StageCommandOf<'seat:move'>, context: MemberContext): Ruling {
  const from = seatOf(room, context.actor.userId);
  if (!from) return reject('NOT_SEATED');
  if (from.seat === payload.seat) return accept([], { seat: payload.seat });
  const refusal = seatRefusal(room, payload.seat, context.actor.userId);
  if (refusal) return rejectWith(refusal);
  return accept([moved(context, from, payload.seat)], { seat: payload.seat });
}

/** The occupant's own switch. It does not lift a mute by the host. */
export function setMic(room: RoomState, payload: StageCommandOf<'mic:set'>, context: MemberContext): Ruling {
  const { userId } = context.actor;
  const seat = seatOf(room, userId);
  if (!seat?.occupant) return reject('NOT_SEATED');
  const selfMuted = !payload.on;
  if (seat.occupant.selfMuted === selfMuted) return accept([]);
  return accept([stamp(context, { type: 'mic.changed', seat: seat.seat, userId, selfMuted })]);
}

/** Moves a seated user. A user without a seat is invited instead: nobody goes on air without their consent (SEAT-4). */
export function pickSeat(room: RoomState, payload: StageCommandOf<'seat:pick'>, context: Context): Ruling {
  const from = seatOf(room, payload.userId);
  if (!from) return inviteToSeat(room, payload, context);
  if (from.seat === payload.seat) return accept([], { seat: payload.seat });
  const refusal = seatRefusal(room, payload.seat, payload.userId);
  if (!refusal) return accept([moved(context, from, payload.seat)], { seat: payload.seat });
  const to = displacedSeat(room, payload);
  return to ? displace(room, { policy: payload.policy, from, to }, context) : rejectWith(refusal);
}

/** The picked user takes an occupied seat. By `policy` its occupant is unseated, or gets the other seat in exchange. */
function displace(
  room: RoomState,
  { from, to, policy }: { readonly from: Seat; readonly to: Seat; readonly policy: 'abort' | 'replace' | 'swap' },
  context: Context,
): Ruling {
  const displaced = must(to.occupant, 'nobody to displace');
  const events: StageEvent[] = [moved(context, from, to.seat)];
  if (policy === 'replace') return accept([...unseat(context, to, 'replaced'), ...events], { seat: to.seat });
  if (!isOpenTo(room, from.seat, displaced.userId)) return reject('SEAT_RESERVED', { seat: from });
  if (from.locked) return reject('SEAT_LOCKED', { seat: from });
  return accept([...events, moved(context, to, from.seat)], { seat: to.seat });
}

/** Unseats a user, named by seat or by id. The user stays in the room. */
export function kickFromSeat(room: RoomState, payload: StageCommandOf<'seat:kick'>, context: Context): Ruling {
  const seat = namedSeat(room, payload);
  if (!seat) return payload.userId === undefined ? noSuchSeat(room) : reject('NOT_SEATED');
  if (!seat.occupant) return reject('NOT_SEATED', { seat });
  const isSelf = context.actor.kind === 'member' && context.actor.userId === seat.occupant.userId;
  return accept(unseat(context, seat, isSelf ? 'self' : 'kicked'));
}

/** A moved user keeps `selfMuted` and comes under the new seat's `hostMuted` (SEAT-3). */
function moved(context: Context, from: Seat, to: number): StageEvent {
  const occupant = must(from.occupant, 'a move without an occupant');
  return stamp(context, { type: 'seat.moved', userId: occupant.userId, from: from.seat, to, occupant });
}
