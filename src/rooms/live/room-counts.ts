// Counts the rooms, members and seats of this node's connections.
import type { LiveRoom } from './live-room.ts';

export interface RoomCounts {
  readonly rooms: number;
  readonly members: number;
  readonly seatsTaken: number;
}

/** The numbers of all nodes add up. A seat kept in a grace belongs to no node. */
export function countRooms(rooms: readonly LiveRoom[]): RoomCounts {
  let members = 0;
  let seatsTaken = 0;
  for (const { members: local, current } of rooms) {
    members += local.size;
    for (const { occupant } of current.state.seats) {
      if (occupant && local.get(occupant.userId)) seatsTaken++;
    }
  }
  return { rooms: rooms.length, members, seatsTaken };
}
