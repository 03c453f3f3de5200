// Creating a room, changing its settings, closing it (ROOM-1, ROOM-4, ROOM-6). Passwords arrive as hashes.
import type { Payload } from '../protocol/commands.ts';
import type { RoomId, UserId } from '../protocol/ids.ts';
import type { Settings } from '../protocol/stage.ts';
import { accept, type Context, type Ruling, stamp } from './decision.ts';
import { emptySeats, ROOM_SCHEMA, type RoomState } from './room.ts';
import { endRoom } from './room-end.ts';
import { unseat, withdrawOffers } from './seating.ts';
import type { StageCommandOf, UpdateRoom } from './stage-command.ts';
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
  const settings: Settings = {
    title: payload.title,
    notice: payload.notice,
    cover: payload.cover,
    category: payload.category,
    tags: payload.tags,
    ownerSeat: payload.ownerSeat !== null && payload.ownerSeat < payload.seatCount ? payload.ownerSeat : null,
    seatMode: payload.seatMode,
    chat: payload.chat,
    capacity: payload.capacity,
    hasPassword: passwordHash !== null,
    ownerAbsent: payload.ownerAbsent,
    emptyMs: payload.emptyMs,
    graceMs: payload.graceMs,
    priority: payload.priority,
    createdAt: now,
  };
  return {
    schema: ROOM_SCHEMA,
    roomId,
    settings,
    secrets: { passwordHash },
    roles: { ownerId, admins: [] },
    seats: emptySeats(0, payload.seatCount),
    attributes: payload.attributes,
    requests: [],
    outcomes: [],
    invitations: [],
    away: {},
    closed: null,
  };
}

export function updateRoom(room: RoomState, payload: UpdateRoom, context: Context): Ruling {
  const { roomId: _, commandId: __, seatCount, passwordHash, ...wanted } = payload;
  const resized = seatCount === undefined ? [] : resize(room, seatCount, context);
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
  return accept([...resized, ...endQueue(room, next.seatMode, context), ...repassworded, ...updated]);
}

/** The occupants of seats that no longer exist are unseated in the same commit (ROOM-4). */
function resize(room: RoomState, seatCount: number, context: Context): StageEvent[] {
  if (seatCount === room.seats.length) return [];
  return [
    ...room.seats.slice(seatCount).flatMap((seat) => unseat(context, seat, 'resized')),
    ...withdrawOffers(room, context, { isWithdrawn: (seat) => seat >= seatCount, reason: 'resized' }),
    stamp(context, { type: 'seats.resized', seatCount }),
  ];
}

/** Requests belong to the mode in which they were made. They end when the mode leaves `request` or becomes `invite`. */
function endQueue(room: RoomState, seatMode: Settings['seatMode'] | undefined, context: Context): StageEvent[] {
  const current = room.settings.seatMode;
  if (seatMode === undefined || seatMode === current) return [];
  if (current !== 'request' && seatMode !== 'invite') return [];
  return room.requests.map(({ userId }) =>
    stamp(context, { type: 'request.ended', userId, status: 'ended', reason: 'modeChanged' }),
  );
}

function onlyChanged(current: Settings, wanted: Partial<Settings>): Partial<Settings> {
  const changed = Object.entries(wanted).filter(
    ([key, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(current[key as keyof Settings]),
  );
  return Object.fromEntries(changed);
}

/** Closes the room, which is final (ROOM-6). */
export function closeRoom(room: RoomState, payload: StageCommandOf<'room:close'>, context: Context): Ruling {
  return accept(endRoom(room, context, payload.reason ?? 'closed'));
}
