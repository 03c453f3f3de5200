// The follow-up after a recovery: when a room is checked, again, and no more.
import { beforeEach, expect, test } from 'vitest';
import { type Reaper, UNCLAIMED_GRACE_MS } from '../../src/cluster/reaper.ts';
import { RecoveryFollowUp } from '../../src/cluster/recovery-follow-up.ts';
import { createLogger } from '../../src/ops/logger.ts';
import type { RoomDeps } from '../../src/rooms/contract/room-deps.ts';
import type { LiveRoom } from '../../src/rooms/live/live-room.ts';
import type { LiveRooms } from '../../src/rooms/live/live-rooms.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { roomId } from '../support/stored-room.ts';

const MARGIN_MS = 100;
const room = { roomId: roomId('room') } as LiveRoom;

let clock: ManualClock;
let start: number;
/** When the room was checked, from the start. */
let checks: number[];
/** When each check wants the next one, store time; null: never. */
let again: (number | null | Error)[];
let followUp: RecoveryFollowUp;

beforeEach(() => {
  clock = new ManualClock();
  start = clock.now();
  [checks, again] = [[], []];
  const reaper = {
    lookAfter: async () => {
      checks.push(clock.now() - start);
      const next = again.shift() ?? null;
      if (next instanceof Error) throw next;
      return next;
    },
  } as unknown as Reaper;
  const rooms = {
    use: (_: unknown, task: (room: LiveRoom) => Promise<number | null>) => task(room),
  } as unknown as LiveRooms;
  const deps = { clock, logger: createLogger('silent'), store: { now: () => clock.now() } } as unknown as RoomDeps;
  followUp = new RecoveryFollowUp(deps, rooms, reaper);
});

test('[SYNC-4] members get their time to join again; then the room is checked once', async () => {
  followUp.begin(room);
  await clock.advance(10 * UNCLAIMED_GRACE_MS);
  expect(checks).toEqual([UNCLAIMED_GRACE_MS + MARGIN_MS]);
});

test('[SYNC-4] another recovery of the room begins the time again', async () => {
  followUp.begin(room);
  await clock.advance(UNCLAIMED_GRACE_MS);
  followUp.begin(room);
  await clock.advance(10 * UNCLAIMED_GRACE_MS);
  expect(checks).toEqual([2 * UNCLAIMED_GRACE_MS + MARGIN_MS]);
});

test('[SYNC-4] the room is checked again when a member needs more time, and after a failure', async () => {
  again = [start + 20_000, new StoreUnavailableError('away')];
  followUp.begin(room);
  await clock.advance(60_000);
  const second = 20_000 + MARGIN_MS;
  expect(checks).toEqual([UNCLAIMED_GRACE_MS + MARGIN_MS, second, second + UNCLAIMED_GRACE_MS]);
});

test('[SYNC-4] a closed follow-up checks nothing', async () => {
  followUp.begin(room);
  followUp.close();
  await clock.advance(10 * UNCLAIMED_GRACE_MS);
  expect(checks).toEqual([]);
});
