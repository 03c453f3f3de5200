// The invariants of a stage: true at every version. They are checked before each commit and by the tests.
import { fitsAttributeLimits } from '../protocol/stage.ts';
import { awayOf, limits, type RoomState } from './room.ts';

type Rule = readonly [rule: string, holds: boolean];

/** The invariants that this stage breaks, as texts; empty when the stage is sound. */
export const brokenInvariants = (room: RoomState): string[] =>
  [...aboutRoles(room), ...aboutSeats(room), ...aboutQueues(room), ...aboutTheEnd(room)]
    .filter(([, holds]) => !holds)
    .map(([rule]) => rule);

function aboutRoles({ roles: { ownerId, admins }, settings, secrets, attributes }: RoomState): Rule[] {
  return [
    ['ROLE-3: an admin is named once', isDistinct(admins)],
    ['ROLE-3: the owner is no admin', !admins.includes(ownerId)],
    ['ROLE-3: no more admins than the limit', admins.length <= limits.admins],
    ['ROOM-5: attributes are bounded', fitsAttributeLimits(attributes)],
    ['ROOM-4: hasPassword agrees with the password hash', settings.hasPassword === (secrets.passwordHash !== null)],
  ];
}

function aboutSeats(room: RoomState): Rule[] {
  const occupants = room.seats.flatMap((seat) => (seat.occupant ? [seat.occupant] : []));
  const { ownerSeat } = room.settings;
  return [
    ['SEAT-2: seats are numbered 0…n−1', room.seats.every((seat, index) => seat.seat === index)],
    ['SEAT-1: no user sits on two seats', isDistinct(occupants.map(({ userId }) => userId))],
    ['ROOM-4: the owner seat exists', ownerSeat === null || ownerSeat < room.seats.length],
    ...occupants.map(({ userId, awayUntil }): Rule => {
      const isAwayUntil = awayOf(room, userId)?.until ?? null;
      return [`PRES-1: the seat of ${userId} shows their grace`, isAwayUntil === awayUntil];
    }),
  ];
}

function aboutQueues(room: RoomState): Rule[] {
  const seated = new Set<string>(room.seats.flatMap((seat) => (seat.occupant ? [seat.occupant.userId] : [])));
  const requesting = room.requests.map(({ userId }) => userId);
  const invited = room.invitations.map(({ userId }) => userId);
  const named = [...room.requests, ...room.invitations].flatMap(({ seat }) => (seat === null ? [] : [seat]));
  return [
    ['REQ-1: one pending request a user', isDistinct(requesting)],
    ['INV-1: one pending invitation an invitee', isDistinct(invited)],
    ['REQ-1: the queue is bounded', requesting.length <= limits.requestsPending],
    ['INV-1: invitations are bounded', invited.length <= limits.invitationsPending],
    ['REQ-3: a seated user has no pending request', !requesting.some((userId) => seated.has(userId))],
    ['INV-1: a seated user has no pending invitation', !invited.some((userId) => seated.has(userId))],
    ['ROOM-4: no requests in invite mode', room.settings.seatMode !== 'invite' || requesting.length === 0],
    ...named.map((seat): Rule => {
      const offered = room.seats[seat];
      return [`SEAT-5: seat ${seat} on offer exists and is not locked`, offered !== undefined && !offered.locked];
    }),
  ];
}

function aboutTheEnd(room: RoomState): Rule[] {
  const hasUsers = room.seats.some((seat) => seat.occupant) || room.requests.length + room.invitations.length > 0;
  const hasGraces = Object.keys(room.away).length > 0;
  return [['ROOM-6: nothing outlives a closed room', room.closed === null || (!hasUsers && !hasGraces)]];
}

const isDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length;
