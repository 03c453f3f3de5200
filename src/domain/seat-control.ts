// Locking and muting seats, one or all (SEAT-5, SEAT-6, SEAT-8). Both belong to the seat, not to its occupant.
import type { SeatIndex } from '../protocol/ids.ts';
import type { Seat } from '../protocol/stage.ts';
import { accept, type Context, type Rule, type Ruling, reject, stamp } from './decision.ts';
import { seatRankRefusal } from './permissions.ts';
import { type RoomState, seatOf } from './room.ts';
import { noSuchSeat, seatAt, unseat, withdrawOffers } from './seating.ts';
import type { StageEvent } from './stage-event.ts';

/** The ways to control a seat: the event of each, and whether the seat is already so. */
const controls = {
  lock: { type: 'seat.locked', holds: (seat: Seat) => seat.locked },
  unlock: { type: 'seat.unlocked', holds: (seat: Seat) => !seat.locked },
  mute: { type: 'seat.muted', holds: (seat: Seat) => seat.hostMuted },
  unmute: { type: 'seat.unmuted', holds: (seat: Seat) => !seat.hostMuted },
} as const;

/** Unlocks, mutes or unmutes one seat. No change if the seat is already so. */
export const controlSeat =
  (control: 'unlock' | 'mute' | 'unmute') =>
  (room: RoomState, context: Context, payload: { readonly seat: SeatIndex }): Ruling => {
    const seat = seatAt(room, payload.seat);
    if (!seat) return noSuchSeat(room);
    const { type, holds } = controls[control];
    return accept(holds(seat) ? [] : [stamp(context, { type, seat: seat.seat })]);
  };

/** Locks a seat. The payload says what happens to an occupant, in the same version: evict, keep or fail (SEAT-5). */
export const lockSeat: Rule<'seat:lock'> = (room, context, payload) => {
  const seat = seatAt(room, payload.seat);
  if (!seat) return noSuchSeat(room);
  if (seat.occupant && payload.occupant === 'fail') return reject('SEAT_TAKEN', { seat });
  const evicted = payload.occupant === 'evict' ? unseat(context, seat, 'locked') : [];
  return accept([...evicted, ...lockEvents(room, context, [seat])]);
};

/** Controls all seats in one version. Passes over the owner's seat and those that the actor may not touch (SEAT-8). */
export const controlAllSeats =
  (control: keyof typeof controls) =>
  (room: RoomState, context: Context): Ruling => {
    const occupiedByOwner = seatOf(room, room.roles.ownerId)?.seat;
    const seats = room.seats.filter(
      (seat) =>
        seat.seat !== room.settings.ownerSeat &&
        seat.seat !== occupiedByOwner &&
        seatRankRefusal(room, context.actor, seat) === null,
    );
    if (control === 'lock') return accept(lockEvents(room, context, seats));
    const { type, holds } = controls[control];
    return accept(seats.filter((seat) => !holds(seat)).map(({ seat }) => stamp(context, { type, seat })));
  };

function lockEvents(room: RoomState, context: Context, seats: readonly Seat[]): StageEvent[] {
  const locking = new Set(seats.filter((seat) => !seat.locked).map((seat) => seat.seat));
  return [
    ...[...locking].map((seat) => stamp(context, { type: 'seat.locked', seat })),
    ...withdrawOffers(room, context, { isWithdrawn: (seat) => locking.has(seat), reason: 'locked' }),
  ];
}
