// The commands that change roles: admins, and the handover of the room (ROLE-3).
import { accept, type Rule, reject, stamp } from './decision.ts';
import { handOver } from './owner-absence.ts';
import { limits, roleOf } from './room.ts';

/** Makes a member an admin; no change if they are one. The owner cannot be one, even by the app's backend. */
export const addAdmin: Rule<'admin:add'> = (room, context, { userId }) => {
  const role = roleOf(room, userId);
  if (role === 'owner') return reject('TARGET_OUTRANKS', { userId, role });
  if (role === 'admin') return accept([]);
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId });
  if (room.roles.admins.length >= limits.admins) return reject('TOO_MANY_ADMINS', { limit: limits.admins });
  return accept([stamp(context, { type: 'admin.added', userId })]);
};

/** Dismisses an admin, who need not be in the room. */
export const removeAdmin: Rule<'admin:remove'> = (room, context, { userId }) => {
  if (roleOf(room, userId) !== 'admin') return reject('TARGET_NOT_FOUND', { userId });
  return accept([stamp(context, { type: 'admin.removed', userId })]);
};

/** The old owner stays on their seat and becomes an admin; the owner seat is now kept for the new owner (ROLE-3). */
export const transferOwner: Rule<'owner:transfer'> = (room, context, { userId: to }) => {
  const role = roleOf(room, to);
  if (role === 'owner') return accept([]);
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId: to });
  if (role === 'member' && room.roles.admins.length >= limits.admins) {
    return reject('TOO_MANY_ADMINS', { limit: limits.admins });
  }
  return accept(handOver(room, context, { to, reason: 'transferred' }));
};
