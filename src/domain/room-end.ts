// The end of a room: everything on its stage ends with it, each thing with its own event (ROOM-6).
import { type Context, stamp } from './decision.ts';
import type { RoomState } from './room.ts';
import { endPending, unseat } from './seating.ts';
import type { StageEvent } from './stage-event.ts';

export const endRoom = (room: RoomState, context: Context, reason: string): StageEvent[] => [
  ...room.seats.flatMap((seat) => unseat(context, seat, 'roomClosed')),
  ...endPending(context, room, { status: 'ended', reason: 'roomClosed' }),
  stamp(context, { type: 'room.closed', reason }),
];
