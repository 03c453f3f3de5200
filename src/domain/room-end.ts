// The end of a room: everything on its stage ends with it, each thing with its own event (ROOM-6).
import { type Context, stamp } from './decision.ts';
import type { RoomState } from './room.ts';
import { unseat } from './seating.ts';
import type { StageEvent } from './stage-event.ts';

export const endRoom = (room: RoomState, context: Context, reason: string): StageEvent[] => [
  ...room.seats.flatMap((seat) => unseat(context, seat, 'roomClosed')),
  ...room.requests.map(({ userId }) =>
    stamp(context, { type: 'request.ended', userId, status: 'ended', reason: 'roomClosed' }),
  ),
  ...room.invitations.map(({ userId }) =>
    stamp(context, { type: 'invite.ended', userId, status: 'ended', reason: 'roomClosed' }),
  ),
  stamp(context, { type: 'room.closed', reason }),
];
