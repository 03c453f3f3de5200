// Self-fencing: a node removes its seated members a little before other nodes may give their seats away.
import { beforeEach, expect, test } from 'vitest';
import { removeUncertainSeats } from '../../src/cluster/self-fencing.ts';
import type { LiveRoom } from '../../src/rooms/live/live-room.ts';
import type { LiveRooms } from '../../src/rooms/live/live-rooms.ts';
import type { RoomLeave } from '../../src/rooms/membership/leave.ts';

const GRACE_MS = 30_000;
const EARLIER_MS = 1_000;

let removed: string[];
let dropped: string[];
let check: (uncertainMs: number) => void;

/** A room in which alice is seated here, bob on another node, and carol listens here. */
const aRoom = (graceMs: number) =>
  ({
    roomId: 'room',
    current: {
      state: {
        settings: { graceMs },
        seats: [{ occupant: { userId: 'alice' } }, { occupant: { userId: 'bob' } }, { occupant: null }],
      },
    },
    members: new Map(['alice', 'carol'].map((userId) => [userId, { userId }])),
    audience: {
      removeMember: ({ userId }: { userId: string }, { reason }: { reason: string }) =>
        removed.push(`${userId} ${reason}`),
    },
  }) as unknown as LiveRoom;

beforeEach(() => {
  [removed, dropped] = [[], []];
  const rooms = {
    forEach: (act: (room: LiveRoom) => void) => {
      for (const graceMs of [GRACE_MS, 10 * GRACE_MS]) act(aRoom(graceMs));
    },
  } as unknown as LiveRooms;
  const roomLeave = {
    dropFrom: async (_: unknown, { userId }: { userId: string }) => void dropped.push(userId),
  } as unknown as RoomLeave;
  check = (uncertainMs) => removeUncertainSeats({ rooms, roomLeave }, uncertainMs);
});

test('[PRES-3] seated members of this node are removed one second before the grace of their room could end', () => {
  check(GRACE_MS - EARLIER_MS - 1);
  expect(removed).toEqual([]);
  check(GRACE_MS - EARLIER_MS);
  expect([removed, dropped]).toEqual([['alice disconnected'], ['alice']]);
});

test('[PRES-3] in each room by its own grace', () => {
  check(10 * GRACE_MS);
  expect(removed).toEqual(['alice disconnected', 'alice disconnected']);
});
