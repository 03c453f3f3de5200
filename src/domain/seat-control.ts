// Locking and muting seats, one or all (SEAT-5, SEAT-6, SEAT-8). Both belong to the seat, not to its occupant.
import type { Seat } from '../protocol/stage.ts';
import { accept, type Context, type Ruling, reject, stamp } from './decision.ts';
import { seatRankRefusal } from './permissions.ts';
import { type RoomState, seatOf } from './room.ts';
import { noSuchSeat, seatAt, unseat, withdrawOffers } from './seating.ts';
import type { StageCommandOf } from './stage-command.ts';
import type { StageEvent } from './stage-event.ts';

/** The ways to control a seat, independent of its occupant. */
export type SeatControl = 'lock' | 'unlock' | 'mute' | 'unmute';

const eventType = {
  lock: 'seat.locked',
  unlock: 'seat.unlocked',
  mute: 'seat.muted',
  unmute: 'seat.unmuted',
} as const;

const holds: Readonly<Record<SeatControl, (seat: Seat) => boolean>> = {
  lock: (seat) => seat.locked,
  unlock: (seat) => !seat.locked,
  mute: (seat) => seat.hostMuted,
  unmute: (seat) => !seat.hostMuted,
};

/** Unlocks, mutes or unmutes one seat. No change if the seat is already so. */
export function controlSeat(
  room: RoomState,
  command: { control: Exclude<SeatControl, 'lock'>; seat: number },
  context: Context,
): Ruling {
  const seat = seatAt(room, command.seat);
  if (!seat) return noSuchSeat(room);
  if (holds[command.control](seat)) return accept([]);
  return accept([stamp(context, { type: eventType[command.control], seat: seat.seat })]);
}

/** Locks a seat. The payload says what happens to an occupant, in the same version: evict, keep or fail (SEAT-5). */
export function lockSeat(room: RoomState, payload: StageCommandOf<'seat:lock'>, context: Context): Ruling {
  const seat = seatAt(room, payload.seat);
  if (!seat) return noSuchSeat(room);
  if (seat.occupant && payload.occupant === 'fail') return reject('SEAT_TAKEN', { seat });
  const evicted = payload.occupant === 'evict' ? unseat(context, seat, 'locked') : [];
  return accept([...evicted, ...lockEvents(room, context, [seat])]);
}

/** Controls all seats in one version. Passes over the owner's seat and those that the actor may not touch (SEAT-8). */
export function controlAllSeats(room: RoomState, control: SeatControl, context: Context): Ruling {
  const occupiedByOwner = seatOf(room, room.roles.ownerId)?.seat;
  const seats = room.seats.filter(
    (seat) =>
      seat.seat !== room.settings.ownerSeat &&
      seat.seat !== occupiedByOwner &&
      seatRankRefusal(room, context.actor, seat) === null,
  );
  if (control === 'lock') return accept(lockEvents(room, context, seats));
  const changing = seats.filter((seat) => !holds[control](seat));
  return accept(changing.map((seat) => stamp(context, { type: eventType[control], seat: seat.seat })));
}

function lockEvents(room: RoomState, context: Context, seats: readonly Seat[]): StageEvent[] {
  const locking = new Set(seats.filter((seat) => !seat.locked).map((seat) => seat.seat));
  return [
    ...[...locking].map((seat) => stamp(context, { type: 'seat.locked', seat })),
    ...withdrawOffers(room, context, { isWithdrawn: (seat) => locking.has(seat), reason: 'locked' }),
  ];
}
