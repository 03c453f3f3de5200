// Creating a room, changing its settings, closing it (ROOM-1, ROOM-4, ROOM-6). Passwords arrive as hashes.
import type { Payload } from '../protocol/commands.ts';
import type { RoomId, UserId } from '../protocol/ids.ts';
import type { Settings } from '../protocol/stage.ts';
import { accept, type Context, type Rule, stamp } from './decision.ts';
import { emptySeats, ROOM_SCHEMA, type RoomState } from './room.ts';
import { endRoom } from './room-end.ts';
import { endPending, unseat, withdrawOffers } from './seating.ts';
import type { StageEvent } from './stage-event.ts';

/** A new room, with all its seats empty (SEAT-2). An owner seat beyond the last seat means that there is none. */
export function newRoom(
  payload: Payload<'room:create'>,
  facts: {
    readonly roomId: RoomId;
    readonly ownerId: UserId;
    readonly passwordHash: string | null;
    /** Store time, Unix milliseconds. */
    readonly now: number;
  },
): RoomState {
  const { roomId, ownerId, passwordHash, now } = facts;
  const { commandId: _, roomId: __, password: ___, seatCount, attributes, ...given } = payload;
  const ownerSeat = given.ownerSeat !== null && given.ownerSeat < seatCount ? given.ownerSeat : null;
  return {
    schema: ROOM_SCHEMA,
    roomId,
    settings: { ...given, ownerSeat, hasPassword: passwordHash !== null, createdAt: now },
    secrets: { passwordHash },
    roles: { ownerId, admins: [] },
    seats: emptySeats(0, seatCount),
    attributes,
    requests: [],
    outcomes: [],
    invitations: [],
    away: {},
    closed: null,
  };
}

export const updateRoom: Rule<'room:update'> = (room, context, payload) => {
  const { roomId: _, commandId: __, seatCount, passwordHash, ...wanted } = payload;
  const resized = seatCount === undefined ? [] : resize(room, context, seatCount);
  const repassworded =
    passwordHash === undefined || passwordHash === room.secrets.passwordHash
      ? []
      : [stamp(context, { type: 'password.changed', passwordHash })];
  const next: Partial<Settings> = { ...wanted } as Partial<Settings>;
  if (passwordHash !== undefined) next.hasPassword = passwordHash !== null;
  const { ownerSeat } = room.settings;
  if (seatCount !== undefined && ownerSeat !== null && ownerSeat >= seatCount) next.ownerSeat = null;
  const changes = onlyChanged(room.settings, next);
  const updated = Object.keys(changes).length === 0 ? [] : [stamp(context, { type: 'room.updated', changes })];
  return accept([...resized, ...endQueue(room, context, next.seatMode), ...repassworded, ...updated]);
};

/** The occupants of seats that no longer exist are unseated in the same commit (ROOM-4). */
function resize(room: RoomState, context: Context, seatCount: number): StageEvent[] {
  if (seatCount === room.seats.length) return [];
  return [
    ...room.seats.slice(seatCount).flatMap((seat) => unseat(context, seat, 'resized')),
    ...withdrawOffers(room, context, { isWithdrawn: (seat) => seat >= seatCount, reason: 'resized' }),
    stamp(context, { type: 'seats.resized', seatCount }),
  ];
}

/** Requests belong to the mode in which they were made. They end when the mode leaves `request` or becomes `invite`. */
function endQueue(room: RoomState, context: Context, seatMode: Settings['seatMode'] | undefined): StageEvent[] {
  const current = room.settings.seatMode;
  if (seatMode === undefined || seatMode === current) return [];
  if (current !== 'request' && seatMode !== 'invite') return [];
  return endPending(context, { requests: room.requests, invitations: [] }, { status: 'ended', reason: 'modeChanged' });
}

function onlyChanged(current: Settings, wanted: Partial<Settings>): Partial<Settings> {
  const changed = Object.entries(wanted).filter(
    ([key, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(current[key as keyof Settings]),
  );
  return Object.fromEntries(changed);
}

/** Closes the room, which is final (ROOM-6). */
export const closeRoom: Rule<'room:close'> = (room, context, { reason = 'closed' }) =>
  accept(endRoom(room, context, reason));
