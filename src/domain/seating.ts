// Finding a seat, seating a user and unseating one: what the commands about seats share. No permission is checked here.
import type { Rejection } from '../protocol/errors.ts';
import type { SeatIndex, UserId } from '../protocol/ids.ts';
import type { Occupant, Reason, Seat, SeatedVia } from '../protocol/stage.ts';
import type { Profile } from './actor.ts';
import { accept, type Context, type Ruling, reject, rejectWith, stamp } from './decision.ts';
import { awayOf, pendingOf, type Queues, type RoomState, type Stage, seatOf } from './room.ts';
import type { StageCommandOf } from './stage-command.ts';
import type { StageEvent } from './stage-event.ts';

/** The seat of that number; null when the room has none. */
export const seatAt = (room: Stage, index: SeatIndex): Seat | null => room.seats[index] ?? null;

/** The seat that a payload names: the seat of a user, else the one with that number. */
export const namedSeat = (
  room: Stage,
  { userId, seat }: { readonly userId?: UserId | undefined; readonly seat?: SeatIndex | undefined },
): Seat | null => (userId === undefined ? seatAt(room, seat ?? -1) : seatOf(room, userId));

/** The seat whose occupant gives way when a seated user is picked for it (SEAT-4); null when nobody does. */
export function displacedSeat(room: Stage, { userId, seat, policy }: StageCommandOf<'seat:pick'>): Seat | null {
  const to = seatAt(room, seat);
  if (policy === 'abort' || !seatOf(room, userId) || !to?.occupant || to.occupant.userId === userId) return null;
  return to.locked || !isOpenTo(room, seat, userId) ? null : to;
}

export const noSuchSeat = (room: Stage): Ruling => reject('SEAT_NOT_FOUND', { seatCount: room.seats.length });

/** Every seat is open to everybody, except the owner seat: only the owner may have it (SEAT-2). */
export const isOpenTo = (room: Stage, index: SeatIndex, userId: string): boolean =>
  index !== room.settings.ownerSeat || room.roles.ownerId === userId;

/** Why the user cannot sit down on that seat; null when they can. The details show the present occupant (ACK-5). */
export function seatRefusal(room: Stage, index: SeatIndex, userId: string): Rejection | null {
  const seat = seatAt(room, index);
  if (!seat) return { code: 'SEAT_NOT_FOUND', details: { seatCount: room.seats.length } };
  const details = { seat };
  if (!isOpenTo(room, index, userId)) return { code: 'SEAT_RESERVED', details };
  if (seat.locked) return { code: 'SEAT_LOCKED', details };
  if (!seat.occupant) return null;
  return { code: seat.occupant.awayUntil === null ? 'SEAT_TAKEN' : 'SEAT_RESERVED', details };
}

/** The owner's own seat, if this user can take it; else the first seat, by number, that they can take (SEAT-2). */
function freeSeatFor(room: Stage, userId: string): SeatIndex | null {
  const { ownerSeat } = room.settings;
  if (ownerSeat !== null && seatRefusal(room, ownerSeat, userId) === null) return ownerSeat;
  return room.seats.find((seat) => seatRefusal(room, seat.seat, userId) === null)?.seat ?? null;
}

/** The preferred seat if the user can take it, else any free one (REQ-2, INV-2). */
export function preferredOrFree(room: Stage, userId: string, preferred: SeatIndex | null): SeatIndex | null {
  if (preferred !== null && seatRefusal(room, preferred, userId) === null) return preferred;
  return freeSeatFor(room, userId);
}

/** The user who gets a seat, and by which command. */
interface Seating {
  readonly profile: Profile;
  readonly via: SeatedVia;
}

/** Seats the user on the named seat and no other. */
export function seatNamed(room: RoomState, context: Context, seating: Seating & { readonly seat: SeatIndex }): Ruling {
  const { seat, profile } = seating;
  const refusal = seatRefusal(room, seat, profile.userId);
  return refusal ? rejectWith(refusal) : accept(seatUser(room, context, seating), { seat });
}

/** Seats the user on the preferred seat if they can take it, else on any free one; null: no preference. */
export function seatOnPreferred(
  room: RoomState,
  context: Context,
  { preferred, ...seating }: Seating & { readonly preferred: SeatIndex | null },
): Ruling {
  const seat = preferredOrFree(room, seating.profile.userId, preferred);
  if (seat === null) return reject('NO_FREE_SEAT');
  return accept(seatUser(room, context, { seat, ...seating }), { seat });
}

/** Seats a user and ends their pending request and invitation, all in one version. */
export function seatUser(
  room: RoomState,
  context: Context,
  { seat, profile, via }: Seating & { readonly seat: SeatIndex },
): StageEvent[] {
  const { userId, name, avatar, rtcUid } = profile;
  const awayUntil = awayOf(room, userId)?.until ?? null;
  const occupant: Occupant = { userId, name, avatar, rtcUid, selfMuted: false, since: context.now, awayUntil };
  const agreed = via === 'request' || via === 'invite';
  const seated = stamp(context, { type: 'seat.taken', seat, occupant, via });
  const end: PendingEnd = agreed ? { status: 'accepted' } : { status: 'ended', reason: 'seated' };
  return [seated, ...endPending(context, pendingOf(room, userId), end)];
}

interface PendingEnd {
  readonly status: 'accepted' | 'expired' | 'ended';
  readonly reason?: Reason;
}

/** Ends these requests and invitations, all in the same way. */
export const endPending = (context: Context, { requests, invitations }: Queues, end: PendingEnd): StageEvent[] => [
  ...requests.map(({ userId }) => stamp(context, { type: 'request.ended', userId, ...end })),
  ...invitations.map(({ userId }) => stamp(context, { type: 'invite.ended', userId, ...end })),
];

/** Empties a seat; no events when it is empty. */
export function unseat(context: Context, seat: Seat, reason: Reason): StageEvent[] {
  if (!seat.occupant) return [];
  return [stamp(context, { type: 'seat.left', seat: seat.seat, userId: seat.occupant.userId, reason })];
}

/** The events for seats no longer on offer: invitations to them end, requests for them become "any seat" (SEAT-5). */
export function withdrawOffers(
  room: RoomState,
  context: Context,
  { isWithdrawn, reason }: { isWithdrawn: (seat: SeatIndex) => boolean; reason: Reason },
): StageEvent[] {
  const isNamed = ({ seat }: { readonly seat: SeatIndex | null }) => seat !== null && isWithdrawn(seat);
  const invitations = room.invitations.filter(isNamed);
  return [
    ...endPending(context, { requests: [], invitations }, { status: 'ended', reason }),
    ...room.requests
      .filter(isNamed)
      .map((request) => stamp(context, { type: 'request.updated', request: { ...request, seat: null } })),
  ];
}
