// What becomes of a room whose owner is gone for good (ROOM-7). Must not know how he went.
import type { UserId } from '../protocol/ids.ts';
import type { Reason } from '../protocol/stage.ts';
import { type Context, stamp } from './decision.ts';
import { awayOf, limits, type RoomState, roleOf } from './room.ts';
import { endRoom } from './room-end.ts';
import type { StageEvent } from './stage-event.ts';

/** How the owner's membership ended; `until`: he is kept out till then. */
interface Ending {
  readonly reason: Reason;
  readonly until?: number;
}

/** The events that follow when the owner's membership has ended; `room` is the room without him. */
export function followOwner(room: RoomState, context: Context, ending: Ending): StageEvent[] {
  switch (room.settings.ownerAbsent) {
    case 'keep':
      return [];
    case 'close':
      return endRoom(room, context, 'ownerAbsent');
    case 'promote': {
      const successor = successorOf(room, context);
      if (successor === null) return [];
      const events = handOver(room, context, { to: successor, reason: 'ownerAbsent' });
      // Whoever is banned is no admin either (PRES-6).
      return isKeptOut(ending) ? events.filter(({ type }) => type !== 'admin.added') : events;
    }
  }
}

const isKeptOut = ({ reason, until }: Ending): boolean => reason === 'banned' || until !== undefined;

/** The admin who has been one for longest, of those who are there; else whoever has been seated for longest. */
function successorOf(room: RoomState, context: Context): UserId | null {
  const { ownerId, admins } = room.roles;
  const isThere = (userId: UserId) => userId !== ownerId && awayOf(room, userId) === null;
  const admin = admins.find((userId) => context.present.has(userId) && isThere(userId));
  if (admin !== undefined) return admin;
  const seated = room.seats.flatMap(({ occupant }) => (occupant && isThere(occupant.userId) ? [occupant] : []));
  return seated.sort((a, b) => a.since - b.since)[0]?.userId ?? null;
}

/** Makes `to` the owner; whoever was it is an admin from then on, if there is a place among the admins. */
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
