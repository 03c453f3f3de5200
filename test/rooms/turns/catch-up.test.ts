// Reading what a copy lacks: the commits that the log still has, or the whole room.
import { beforeEach, expect, test } from 'vitest';
import type { StageEvent } from '../../../src/domain/stage-event.ts';
import { createMemoryEngines, type MemoryEngines } from '../../../src/engines.ts';
import { isAtLeast, readMissed } from '../../../src/rooms/turns/catch-up.ts';
import type { StoredRoom } from '../../../src/store/room-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { aCommit, aStoredRoom, roomId, titled } from '../../support/stored-room.ts';

const id = roomId('r1');
let engines: MemoryEngines;
let first: StoredRoom;

beforeEach(async () => {
  engines = createMemoryEngines(new ManualClock());
  await engines.store.create(aStoredRoom(engines.store, id), null);
  first = await load();
});

async function load(): Promise<StoredRoom> {
  const room = await engines.store.load(id);
  if (!room) throw new Error('the room does not exist');
  return room;
}

/** Commits events and returns the room after them. */
async function commit(...events: StageEvent[]): Promise<StoredRoom> {
  const result = await engines.store.commit(aCommit(engines.store, await load(), { events }));
  expect(result.status).toBe('committed');
  return load();
}

test('[SYNC-2] the missed commits are read in order; a copy that lacks nothing gets none', async () => {
  await commit(titled('one', 1));
  const last = await commit(titled('two', 2));
  const missed = await readMissed(engines.store, first);
  expect(missed).toMatchObject({ kind: 'records', records: [{ version: 1 }, { version: 2 }] });
  expect(await readMissed(engines.store, last)).toEqual({ kind: 'records', records: [] });
});

test('[SYNC-2] a copy of another epoch gets the whole room', async () => {
  await commit(titled('one', 1));
  const missed = await readMissed(engines.store, { ...first, epoch: 'another' });
  expect(missed).toMatchObject({ kind: 'room', room: { version: 1, epoch: first.epoch } });
});

test('[SYNC-3] if a commit has events of a newer server, the whole room is read instead', async () => {
  await commit(titled('one', 1));
  await commit(titled('two', 2));
  const { store } = engines;
  const seam = {
    ...store,
    load: (room: typeof id) => store.load(room),
    since: async (...args: Parameters<typeof store.since>) => {
      const read = await store.since(...args);
      if (read.status !== 'records') return read;
      const events = [{ type: 'seat.painted', by: 'owner', at: 1 } as unknown as StageEvent];
      return { ...read, records: read.records.map((record, index) => (index === 0 ? { ...record, events } : record)) };
    },
  } as typeof store;
  expect(await readMissed(seam, first)).toMatchObject({ kind: 'room', room: { version: 2 } });
});

test('[ROOM-6] a room that the store does not have is absent', async () => {
  const other = aStoredRoom(engines.store, roomId('nowhere'));
  expect(await readMissed(engines.store, other)).toEqual({ kind: 'absent' });
});

test('[SYNC-4] a copy is at least at a position of its own epoch, and at no position of another', () => {
  const copy = { ...first, version: 4 };
  const positions = [3, 4, 5].map((version) => isAtLeast(copy, { epoch: first.epoch, version }));
  expect(positions).toEqual([true, true, false]);
  expect(isAtLeast(copy, { epoch: 'another', version: 3 })).toBe(false);
});
