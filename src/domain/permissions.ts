// Who may do what: the whole authority model as one table (ROLE-1) and one check. Must not change anything.
import type { StageCommandName } from '../protocol/commands.ts';
import type { ErrorCode, Rejection } from '../protocol/errors.ts';
import type { Seat, SeatMode } from '../protocol/stage.ts';
import type { Actor, MemberActor, ServiceActor } from './actor.ts';
import { type RoomState, roleOf, type Stage, seatOf } from './room.ts';
import { isOwnCommand, type OwnCommand, type StageCommand } from './stage-command.ts';

export type ActingRole = 'member' | 'admin' | 'owner' | 'service';

/** Allowed, or the error; or allowed by the room's seat mode; or allowed for these fields alone. */
type Permission =
  | true
  | ErrorCode
  | { readonly bySeatMode: Readonly<Record<SeatMode, true | ErrorCode>> }
  | { readonly onlyFields: readonly string[] };
type Row = Readonly<Record<ActingRole, Permission>>;

const members: Row = { member: true, admin: true, owner: true, service: 'FORBIDDEN' };
const staff: Row = { member: 'FORBIDDEN', admin: true, owner: true, service: true };
const owner: Row = { member: 'FORBIDDEN', admin: 'FORBIDDEN', owner: true, service: true };

export const permissions: Readonly<Record<StageCommandName, Row>> = {
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

  'request:accept': staff,
  'request:reject': staff,
  'invite:send': staff,
  'invite:cancel': staff,
  'seat:pick': staff,
  'seat:kick': staff,
  'seat:lock': staff,
  'seat:unlock': staff,
  'seat:mute': staff,
  'seat:unmute': staff,
  'seats:lock': staff,
  'seats:unlock': staff,
  'seats:mute': staff,
  'seats:unmute': staff,

  'member:kick': staff,
  'member:ban': staff,
  'member:unban': staff,
  'member:silence': staff,
  'member:unsilence': staff,
  'room:attributes': staff,

  'room:update': { ...owner, admin: { onlyFields: ['title', 'notice'] } },
  'room:close': owner,
  'admin:add': owner,
  'admin:remove': owner,
  'owner:transfer': owner,
};

const actingRole = (room: Stage, actor: MemberActor | ServiceActor): ActingRole =>
  actor.kind === 'service' ? 'service' : roleOf(room, actor.userId);

/**
 * The table's answer for this command; null means allowed. The system may do everything; of Maiwei's own commands a
 * member may give only his own leaving.
 */
export function authorize(room: RoomState, command: StageCommand, actor: Actor): Rejection | null {
  if (actor.kind === 'system') return null;
  if (isOwnCommand(command)) return isLeaving(command, actor) ? null : { code: 'FORBIDDEN' };
  const permission = permissions[command.name][actingRole(room, actor)];
  if (permission === true) return null;
  if (typeof permission === 'string') return { code: permission };
  if ('onlyFields' in permission) return touchesOnly(command, permission.onlyFields) ? null : { code: 'FORBIDDEN' };
  // Who sits already is told so by the rule (ALREADY_SEATED), not to ask for what he has.
  if (actor.kind === 'member' && seatOf(room, actor.userId)) return null;
  const byMode = permission.bySeatMode[room.settings.seatMode];
  return byMode === true ? null : { code: byMode };
}

/** Why the actor may not act on that user: admins act on members, the owner on all, everybody on himself (ROLE-2). */
export function rankRefusal(room: Stage, actor: Actor, userId: string): Rejection | null {
  if (actor.kind !== 'member' || actor.userId === userId) return null;
  const target = roleOf(room, userId);
  if (target === 'member' || roleOf(room, actor.userId) === 'owner') return null;
  return { code: 'TARGET_OUTRANKS', details: { userId, role: target } };
}

/** The same for a seat: its occupant's rank counts, and the owner seat is the owner's even while he is not on it (SEAT-9). */
export function seatRankRefusal(room: Stage, actor: Actor, seat: Seat): Rejection | null {
  if (actor.kind === 'member' && seat.occupant?.userId === actor.userId) return null;
  const outranks = seat.occupant && rankRefusal(room, actor, seat.occupant.userId);
  if (outranks) return outranks;
  return seat.seat === room.settings.ownerSeat ? rankRefusal(room, actor, room.roles.ownerId) : null;
}

/** Of Maiwei's own commands a member gives one himself: the end of his own session. */
const isLeaving = (command: OwnCommand, actor: Actor): boolean =>
  command.name === 'member:leave' && actor.kind === 'member' && actor.userId === command.payload.userId;

function touchesOnly(command: StageCommand, fields: readonly string[]): boolean {
  const addressing = ['roomId', 'commandId'];
  return Object.entries(command.payload).every(
    ([key, value]) => value === undefined || addressing.includes(key) || fields.includes(key),
  );
}
