// Sitting down, getting up, changing seats, the own microphone; staff moving and removing people (SEAT-2…5, SEAT-7).
// Must not check roles beyond rank.
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

/** The seat that is named or none; if none is named, the first that is free for him (SEAT-2). */
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

/** One event, so that nobody sees him without a seat in between; to where he sits already is no change. */
export function moveSeat(room: RoomState, payload: StageCommandOf<'seat:move'>, context: MemberContext): Ruling {
  const from = seatOf(room, context.actor.userId);
  if (!from) return reject('NOT_SEATED');
  if (from.seat === payload.seat) return accept([], { seat: payload.seat });
  const refusal = seatRefusal(room, payload.seat, context.actor.userId);
  if (refusal) return rejectWith(refusal);
  return accept([moved(context, from, payload.seat)], { seat: payload.seat });
}

/** The occupant's own switch; it lifts nothing that the host has muted. */
export function setMic(room: RoomState, payload: StageCommandOf<'mic:set'>, context: MemberContext): Ruling {
  const { userId } = context.actor;
  const seat = seatOf(room, userId);
  if (!seat?.occupant) return reject('NOT_SEATED');
  const selfMuted = !payload.on;
  if (seat.occupant.selfMuted === selfMuted) return accept([]);
  return accept([stamp(context, { type: 'mic.changed', seat: seat.seat, userId, selfMuted })]);
}

/** Moves a seated user; asks an unseated one, because nobody is put on air who did not agree (SEAT-4). */
export function pickSeat(room: RoomState, payload: StageCommandOf<'seat:pick'>, context: Context): Ruling {
  const from = seatOf(room, payload.userId);
  if (!from) return inviteToSeat(room, payload, context);
  if (from.seat === payload.seat) return accept([], { seat: payload.seat });
  const refusal = seatRefusal(room, payload.seat, payload.userId);
  if (!refusal) return accept([moved(context, from, payload.seat)], { seat: payload.seat });
  const to = displacedSeat(room, payload);
  return to ? displace(room, { policy: payload.policy, from, to }, context) : rejectWith(refusal);
}

/** The picked user goes to an occupied seat; who sat there gets up, or takes the other seat (policy). */
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

/** Unseats by seat or by user; he stays in the room. */
export function kickFromSeat(room: RoomState, payload: StageCommandOf<'seat:kick'>, context: Context): Ruling {
  const seat = namedSeat(room, payload);
  if (!seat) return payload.userId === undefined ? noSuchSeat(room) : reject('NOT_SEATED');
  if (!seat.occupant) return reject('NOT_SEATED', { seat });
  const isSelf = context.actor.kind === 'member' && context.actor.userId === seat.occupant.userId;
  return accept(unseat(context, seat, isSelf ? 'self' : 'kicked'));
}

/** Brings selfMuted along and comes under the new seat's hostMuted (SEAT-3). */
function moved(context: Context, from: Seat, to: number): StageEvent {
  const occupant = must(from.occupant, 'a move without an occupant');
  return stamp(context, { type: 'seat.moved', userId: occupant.userId, from: from.seat, to, occupant });
}
