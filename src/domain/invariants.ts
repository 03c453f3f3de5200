// What must hold of every stage at every version. Used by the model test and the simulations; changes nothing.
import { awayOf, limits, type RoomState } from './room.ts';

/** The broken rules, in words; empty when the stage is sound. */
export function brokenInvariants(room: RoomState): string[] {
  const broken: string[] = [];
  const check = (holds: boolean, rule: string) => {
    if (!holds) broken.push(rule);
  };
  checkSeats(room, check);
  checkQueues(room, check);
  const { ownerId, admins } = room.roles;
  check(isDistinct(admins), 'ROLE-3: an admin is named once');
  check(!admins.includes(ownerId), 'ROLE-3: the owner is no admin');
  check(admins.length <= limits.admins, 'ROLE-3: no more admins than the limit');
  check(room.settings.hasPassword === (room.secrets.passwordHash !== null), 'ROOM-4: hasPassword tells the truth');
  if (room.closed) {
    const held = room.seats.some((seat) => seat.occupant) || room.requests.length + room.invitations.length > 0;
    check(!held && Object.keys(room.away).length === 0, 'ROOM-6: nothing outlives a closed room');
  }
  return broken;
}

type Check = (holds: boolean, rule: string) => void;

function checkSeats(room: RoomState, check: Check): void {
  const occupants = room.seats.flatMap((seat) => (seat.occupant ? [seat.occupant] : []));
  const { ownerSeat } = room.settings;
  check(
    room.seats.every((seat, index) => seat.seat === index),
    'SEAT: seats are numbered 0…n−1',
  );
  check(isDistinct(occupants.map(({ userId }) => userId)), 'SEAT-1: no user sits on two seats');
  check(ownerSeat === null || ownerSeat < room.seats.length, 'ROOM-4: the owner seat exists');
  for (const { userId, awayUntil } of occupants) {
    check((awayOf(room, userId)?.until ?? null) === awayUntil, `PRES-1: ${userId} is shown away while he is`);
  }
}

function checkQueues(room: RoomState, check: Check): void {
  const seated = new Set(room.seats.flatMap((seat) => (seat.occupant ? [seat.occupant.userId] : [])));
  const requesting = room.requests.map(({ userId }) => userId);
  const invited = room.invitations.map(({ userId }) => userId);
  check(isDistinct(requesting), 'REQ-1: one pending request a user');
  check(isDistinct(invited), 'INV-1: one pending invitation an invitee');
  check(requesting.length <= limits.requestsPending, 'REQ-1: the queue is bounded');
  check(invited.length <= limits.invitationsPending, 'INV-1: invitations are bounded');
  check(!requesting.some((userId) => seated.has(userId)), 'REQ-3: who is seated has no pending request');
  check(!invited.some((userId) => seated.has(userId)), 'INV-1: who is seated has no pending invitation');
  check(room.settings.seatMode !== 'invite' || requesting.length === 0, 'ROOM-4: no requests in invite mode');
  for (const { seat } of [...room.requests, ...room.invitations]) {
    if (seat === null) continue;
    const named = room.seats[seat];
    check(named !== undefined && !named.locked, `SEAT-5: seat ${seat} on offer exists and is not locked`);
  }
}

const isDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length;
