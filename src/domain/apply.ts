// Folds events into a room's state. Total and pure; the server, the engines and a client fold with the same code.
import type { PublicEvent, StaffEvent } from '../protocol/room-events.ts';
import type { Attributes, Seat } from '../protocol/stage.ts';
import { emptySeats, limits, type Queues, type RequestOutcome, type RoomState, type Stage } from './room.ts';
import { isStaffEvent, type StageEvent } from './stage-event.ts';

/** The room after one event. */
export function apply(room: RoomState, event: StageEvent): RoomState {
  switch (event.type) {
    case 'password.changed':
      return { ...room, secrets: { ...room.secrets, passwordHash: event.passwordHash } };
    case 'member.away':
      return { ...room, away: { ...room.away, [event.userId]: { until: event.until, fence: event.fence } } };
    case 'member.back':
    case 'member.left': {
      const { [event.userId]: _ended, ...away } = room.away;
      return Object.hasOwn(room.away, event.userId) ? { ...room, away } : room;
    }
    case 'room.closed':
      return { ...room, away: {}, closed: { at: event.at, by: event.by, reason: event.reason } };
    case 'request.ended':
      return { ...room, ...applyToQueues(room, event), outcomes: remembered(room.outcomes, event) };
    default:
      return { ...room, ...(isStaffEvent(event) ? applyToQueues(room, event) : applyToStage(room, event)) };
  }
}

function remembered(
  outcomes: RoomState['outcomes'],
  { userId, status, by, at }: Extract<StageEvent, { type: 'request.ended' }>,
): RoomState['outcomes'] {
  const isRemembered = (past: RequestOutcome) => past.userId !== userId && past.at > at - limits.outcomeMemoryMs;
  return [...outcomes.filter(isRemembered).slice(1 - limits.outcomesRemembered), { userId, status, by, at }];
}

/** The room after all of them. */
export const applyAll = (room: RoomState, events: readonly StageEvent[]): RoomState => events.reduce(apply, room);

/** The sections of the public stage that one event changes. */
export function applyToStage(stage: Stage, event: PublicEvent): Partial<Stage> {
  const { seats, roles, settings } = stage;
  switch (event.type) {
    case 'room.updated':
      return { settings: { ...settings, ...event.changes } as Stage['settings'] };
    case 'room.closed':
    case 'requests.counted':
      return {};
    case 'attributes.changed':
      return { attributes: changed(stage.attributes, event) };
    case 'admin.added':
      return { roles: { ...roles, admins: [...roles.admins, event.userId] } };
    case 'admin.removed':
      return { roles: { ...roles, admins: roles.admins.filter((userId) => userId !== event.userId) } };
    case 'owner.changed':
      return { roles: { ...roles, ownerId: event.to } };
    case 'seats.resized':
      return { seats: resized(seats, event.seatCount) };
    case 'seat.taken':
      return { seats: changeSeat(seats, event.seat, (seat) => ({ ...seat, occupant: event.occupant })) };
    case 'seat.left':
      return { seats: changeSeat(seats, event.seat, (seat) => ({ ...seat, occupant: null })) };
    case 'seat.moved':
      return { seats: moved(seats, event) };
    case 'seat.locked':
    case 'seat.unlocked':
      return { seats: changeSeat(seats, event.seat, (seat) => ({ ...seat, locked: event.type === 'seat.locked' })) };
    case 'seat.muted':
    case 'seat.unmuted':
      return { seats: changeSeat(seats, event.seat, (seat) => ({ ...seat, hostMuted: event.type === 'seat.muted' })) };
    case 'seat.away':
      return { seats: changeOccupant(seats, event, { awayUntil: event.until }) };
    case 'seat.back':
      return { seats: changeOccupant(seats, event, { awayUntil: null }) };
    case 'mic.changed':
      return { seats: changeOccupant(seats, event, { selfMuted: event.selfMuted }) };
  }
}

/** The queues that one staff event changes. Bans and silences are kept beside the stage (store/sanction-store). */
export function applyToQueues({ requests, invitations }: Queues, event: StaffEvent): Partial<Queues> {
  switch (event.type) {
    case 'request.added':
      return { requests: [...requests, event.request] };
    case 'request.updated':
      return { requests: requests.map((old) => (old.userId === event.request.userId ? event.request : old)) };
    case 'request.ended':
      return { requests: requests.filter(({ userId }) => userId !== event.userId) };
    case 'invite.added':
      return { invitations: [...invitations, event.invitation] };
    case 'invite.ended':
      return { invitations: invitations.filter(({ userId }) => userId !== event.userId) };
    case 'member.kicked':
    case 'member.banned':
    case 'member.unbanned':
    case 'member.silenced':
    case 'member.unsilenced':
      return {};
  }
}

function changed(
  attributes: Attributes,
  { set, deleted }: Extract<PublicEvent, { type: 'attributes.changed' }>,
): Attributes {
  const kept = Object.entries(attributes).filter(([key]) => !deleted.includes(key));
  return { ...Object.fromEntries(kept), ...set };
}

function moved(seats: readonly Seat[], event: Extract<PublicEvent, { type: 'seat.moved' }>): readonly Seat[] {
  const arrived = changeSeat(seats, event.to, (seat) => ({ ...seat, occupant: event.occupant }));
  // A swap is two moves: the second one must not clear the seat that the first has just filled.
  return changeSeat(arrived, event.from, (seat) =>
    seat.occupant?.userId === event.userId ? { ...seat, occupant: null } : seat,
  );
}

const changeSeat = (seats: readonly Seat[], index: number, change: (seat: Seat) => Seat): readonly Seat[] =>
  seats.map((seat) => (seat.seat === index ? change(seat) : seat));

const changeOccupant = (
  seats: readonly Seat[],
  { seat: index, userId }: { seat: number; userId: string },
  change: Partial<NonNullable<Seat['occupant']>>,
): readonly Seat[] =>
  changeSeat(seats, index, (seat) =>
    seat.occupant?.userId === userId ? { ...seat, occupant: { ...seat.occupant, ...change } } : seat,
  );

const resized = (seats: readonly Seat[], seatCount: number): readonly Seat[] =>
  seatCount <= seats.length ? seats.slice(0, seatCount) : [...seats, ...emptySeats(seats.length, seatCount)];
