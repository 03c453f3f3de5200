// The authority model of stage commands on one page: one table and one check. The table says which roles may give a
// command (ROLE-1), and which target must not outrank the actor (ROLE-2). No rule repeats the check. There is one
// exception: `seats:*` pass over a seat instead of refusing, so their rule calls `seatRankRefusal` itself (SEAT-8).
// The rights to write and to delete messages are in messages.ts.
//
// The order of the refusals is part of the protocol: role, rank, then what the rule finds. A target that does not exist
// has no rank, so the rule answers TARGET_NOT_FOUND, SEAT_NOT_FOUND or NOT_SEATED.
import type { StageCommandName } from '../protocol/commands.ts';
import type { ErrorCode, Rejection } from '../protocol/errors.ts';
import type { SeatIndex, UserId } from '../protocol/ids.ts';
import type { Seat, SeatMode } from '../protocol/stage.ts';
import type { Actor, MemberActor, ServiceActor } from './actor.ts';
import type { Context } from './decision.ts';
import { type RoomState, roleOf, type Stage, seatOf } from './room.ts';
import { displacedSeat, namedSeat, seatAt } from './seating.ts';
import {
  type ClientCommand,
  isOwnCommand,
  type OwnCommand,
  type StageCommand,
  type StageCommandOf,
} from './stage-command.ts';

export type ActingRole = 'member' | 'admin' | 'owner' | 'service';

/** Allowed, or the error; or allowed by the room's seat mode; or allowed for these fields alone. */
type Permission =
  | true
  | ErrorCode
  | { readonly bySeatMode: Readonly<Record<SeatMode, true | ErrorCode>> }
  | { readonly onlyFields: readonly string[] };
type Roles = Readonly<Record<ActingRole, Permission>>;

/** The kinds of target, by the name in the table. Each has the fields that it needs from the payload. */
interface Targets {
  /** The user in the payload, whether in the room or not. */
  user: { readonly userId: UserId };
  /** The same, but nobody may name themselves (PRES-6). */
  otherUser: { readonly userId: UserId };
  /** The user in the payload, if they are in the room. */
  member: { readonly userId: UserId };
  /** The picked user, if they are in the room or seated; then the user that they displace (SEAT-4). */
  picked: StageCommandOf<'seat:pick'>;
  /** The user on the seat that the payload names, by number or by user. */
  occupant: { readonly userId?: UserId | undefined; readonly seat?: SeatIndex | undefined };
  /** The seat in the payload: its occupant, and the owner if it is the owner seat (SEAT-9). */
  seat: { readonly seat: SeatIndex };
}

/** The kinds of target that a command can have: its payload has their fields. Null: no rank counts. */
type TargetOf<Name extends StageCommandName> =
  | null
  | { [Target in keyof Targets]: StageCommandOf<Name> extends Targets[Target] ? Target : never }[keyof Targets];

type Row<Name extends StageCommandName> = Roles & { readonly target: TargetOf<Name> };

const members = { member: true, admin: true, owner: true, service: 'FORBIDDEN', target: null } as const;
const staff = { member: 'FORBIDDEN', admin: true, owner: true, service: true, target: null } as const;
const owner = { member: 'FORBIDDEN', admin: 'FORBIDDEN', owner: true, service: true, target: null } as const;

export const permissions: { readonly [Name in StageCommandName]: Row<Name> } = {
  'seat:take': {
    ...members,
    member: { bySeatMode: { free: true, request: 'REQUEST_REQUIRED', invite: 'INVITE_REQUIRED' } },
  },
  'seat:leave': members,
  'seat:move': members,
  'mic:set': members,
  'request:send': members,
  'request:cancel': members,
  'invite:accept': members,
  'invite:decline': members,

  'request:accept': { ...staff, target: 'user' },
  'request:reject': { ...staff, target: 'user' },
  'invite:send': { ...staff, target: 'member' },
  'invite:cancel': { ...staff, target: 'user' },
  'seat:pick': { ...staff, target: 'picked' },
  'seat:kick': { ...staff, target: 'occupant' },
  'seat:lock': { ...staff, target: 'seat' },
  'seat:unlock': { ...staff, target: 'seat' },
  'seat:mute': { ...staff, target: 'seat' },
  'seat:unmute': { ...staff, target: 'seat' },
  'seats:lock': staff,
  'seats:unlock': staff,
  'seats:mute': staff,
  'seats:unmute': staff,

  'member:kick': { ...staff, target: 'otherUser' },
  'member:ban': { ...staff, target: 'otherUser' },
  'member:unban': { ...staff, target: 'otherUser' },
  'member:silence': { ...staff, target: 'otherUser' },
  'member:unsilence': { ...staff, target: 'otherUser' },
  'room:attributes': staff,

  'room:update': { ...owner, admin: { onlyFields: ['title', 'notice'] } },
  'room:close': owner,
  'admin:add': owner,
  'admin:remove': owner,
  'owner:transfer': owner,
};

/**
 * Why the actor may not give this command, by the table; null when they may. The system may do everything. Of Maiwei's
 * own commands a member may give only one: the end of their own session.
 */
export function authorize(
  room: RoomState,
  command: StageCommand,
  context: Pick<Context, 'actor' | 'target'>,
): Rejection | null {
  const { actor } = context;
  if (actor.kind === 'system') return null;
  if (isOwnCommand(command)) return isLeaving(command, actor) ? null : { code: 'FORBIDDEN' };
  return roleRefusal(room, command, actor) ?? targetRefusal(room, command, context);
}

/** The answer of the row's role columns (ROLE-1). */
function roleRefusal(room: RoomState, command: ClientCommand, actor: MemberActor | ServiceActor): Rejection | null {
  const role = actor.kind === 'service' ? 'service' : roleOf(room, actor.userId);
  const permission: Permission = permissions[command.name][role];
  if (permission === true) return null;
  if (typeof permission === 'string') return { code: permission };
  if ('onlyFields' in permission) return touchesOnly(command, permission.onlyFields) ? null : { code: 'FORBIDDEN' };
  // A seated user passes here, so that the rule can answer ALREADY_SEATED instead of REQUEST_REQUIRED.
  if (actor.kind === 'member' && seatOf(room, actor.userId)) return null;
  const byMode = permission.bySeatMode[room.settings.seatMode];
  return byMode === true ? null : { code: byMode };
}

/** The answer of the row's target column (ROLE-2). Only members are outranked: the app's backend never is. */
function targetRefusal(
  room: RoomState,
  command: ClientCommand,
  { actor, target }: Pick<Context, 'actor' | 'target'>,
): Rejection | null {
  if (actor.kind !== 'member') return null;
  // The type of the table makes sure that the payload has the fields that its target needs.
  const payload = command.payload as Targets['picked'];
  switch (permissions[command.name].target) {
    case null:
      return null;
    case 'user':
      return rankRefusal(room, actor, payload.userId);
    case 'otherUser':
      if (payload.userId === actor.userId) return { code: 'FORBIDDEN', details: { userId: actor.userId } };
      return rankRefusal(room, actor, payload.userId);
    case 'member':
      return target && rankRefusal(room, actor, payload.userId);
    case 'picked': {
      const isHere = target !== null || seatOf(room, payload.userId) !== null;
      const refusal = isHere ? rankRefusal(room, actor, payload.userId) : null;
      return refusal ?? rankRefusal(room, actor, displacedSeat(room, payload)?.occupant?.userId);
    }
    case 'occupant':
      return rankRefusal(room, actor, namedSeat(room, payload)?.occupant?.userId);
    case 'seat': {
      const seat = seatAt(room, payload.seat);
      return seat && seatRankRefusal(room, actor, seat);
    }
  }
}

/** Why the actor may not act on that user: admins act on members, the owner on all, anybody on themselves (ROLE-2). */
function rankRefusal(room: Stage, actor: Actor, userId: string | undefined): Rejection | null {
  if (userId === undefined || actor.kind !== 'member' || actor.userId === userId) return null;
  const target = roleOf(room, userId);
  if (target === 'member' || roleOf(room, actor.userId) === 'owner') return null;
  return { code: 'TARGET_OUTRANKS', details: { userId, role: target } };
}

/** The same for a seat: its occupant's rank counts. The owner seat is the owner's even while it is empty (SEAT-9). */
export function seatRankRefusal(room: Stage, actor: Actor, seat: Seat): Rejection | null {
  if (actor.kind === 'member' && seat.occupant?.userId === actor.userId) return null;
  const outranks = rankRefusal(room, actor, seat.occupant?.userId);
  if (outranks) return outranks;
  return seat.seat === room.settings.ownerSeat ? rankRefusal(room, actor, room.roles.ownerId) : null;
}

const isLeaving = (command: OwnCommand, actor: Actor): boolean =>
  command.name === 'member:leave' && actor.kind === 'member' && actor.userId === command.payload.userId;

function touchesOnly(command: StageCommand, fields: readonly string[]): boolean {
  const addressing = ['roomId', 'commandId'];
  return Object.entries(command.payload).every(
    ([key, value]) => value === undefined || addressing.includes(key) || fields.includes(key),
  );
}
