// What becomes of a room when its owner's membership has ended (ROOM-7): kept, handed over or closed.
import type { UserId } from '../protocol/ids.ts';
import type { Reason } from '../protocol/stage.ts';
import { type Context, stamp } from './decision.ts';
import { awayOf, limits, type RoomState, roleOf } from './room.ts';
import { endRoom } from './room-end.ts';
import type { StageEvent } from './stage-event.ts';

/**
 * The events that follow the end of the owner's membership; `room` is the room without that member. `until` is the end
 * of their ban, if the kick had one.
 */
export function followOwner(
  room: RoomState,
  context: Context,
  { reason, until }: { readonly reason: Reason; readonly until?: number },
): StageEvent[] {
  switch (room.settings.ownerAbsent) {
    case 'keep':
      return [];
    case 'close':
      return endRoom(room, context, 'ownerAbsent');
    case 'promote': {
      const successor = successorOf(room, context);
      if (successor === null) return [];
      const events = handOver(room, context, { to: successor, reason: 'ownerAbsent' });
      // A banned user does not become an admin (PRES-6).
      return reason === 'banned' || until !== undefined ? events.filter(({ type }) => type !== 'admin.added') : events;
    }
  }
}

/** Of the admins who are in the room, the one appointed first; else the user who has been seated longest. */
function successorOf(room: RoomState, context: Context): UserId | null {
  const { ownerId, admins } = room.roles;
  const isEligible = (userId: UserId) => userId !== ownerId && awayOf(room, userId) === null;
  const admin = admins.find((userId) => context.present.has(userId) && isEligible(userId));
  if (admin !== undefined) return admin;
  const seated = room.seats.flatMap(({ occupant }) => (occupant && isEligible(occupant.userId) ? [occupant] : []));
  return seated.sort((a, b) => a.since - b.since)[0]?.userId ?? null;
}

/** Makes `to` the owner. The previous owner becomes an admin, unless the list of admins is full. */
export function handOver(
  room: RoomState,
  context: Context,
  { to, reason }: { readonly to: UserId; readonly reason: string },
): StageEvent[] {
  const from = room.roles.ownerId;
  const isAdmin = roleOf(room, to) === 'admin';
  const hasPlace = isAdmin || room.roles.admins.length < limits.admins;
  return [
    ...(isAdmin ? [stamp(context, { type: 'admin.removed', userId: to })] : []),
    stamp(context, { type: 'owner.changed', from, to, reason }),
    ...(hasPlace ? [stamp(context, { type: 'admin.added', userId: from })] : []),
  ];
}
