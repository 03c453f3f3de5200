// The commands that change roles: admins, and the handover of the room (ROLE-3).
import { accept, type Context, type Ruling, reject, stamp } from './decision.ts';
import { handOver } from './owner-absence.ts';
import { limits, type RoomState, roleOf } from './room.ts';
import type { StageCommandOf } from './stage-command.ts';

/** Makes a member an admin; no change if they are one. The owner cannot be one, even by the app's backend. */
export function addAdmin(room: RoomState, payload: StageCommandOf<'admin:add'>, context: Context): Ruling {
  const { userId } = payload;
  const role = roleOf(room, userId);
  if (role === 'owner') return reject('TARGET_OUTRANKS', { userId, role });
  if (role === 'admin') return accept([]);
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId });
  if (room.roles.admins.length >= limits.admins) return reject('TOO_MANY_ADMINS', { limit: limits.admins });
  return accept([stamp(context, { type: 'admin.added', userId })]);
}

/** Dismisses an admin, who need not be in the room. */
export function removeAdmin(room: RoomState, payload: StageCommandOf<'admin:remove'>, context: Context): Ruling {
  const { userId } = payload;
  if (roleOf(room, userId) !== 'admin') return reject('TARGET_NOT_FOUND', { userId });
  return accept([stamp(context, { type: 'admin.removed', userId })]);
}

/** The old owner stays on their seat and becomes an admin; the owner seat is now kept for the new owner (ROLE-3). */
export function transferOwner(room: RoomState, payload: StageCommandOf<'owner:transfer'>, context: Context): Ruling {
  const { userId: to } = payload;
  if (to === room.roles.ownerId) return accept([]);
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId: to });
  const isAdmin = roleOf(room, to) === 'admin';
  if (!isAdmin && room.roles.admins.length >= limits.admins) {
    return reject('TOO_MANY_ADMINS', { limit: limits.admins });
  }
  return accept(handOver(room, context, { to, reason: 'transferred' }));
}
