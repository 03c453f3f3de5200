// The contract of the scan, run against every engine. The clauses [SC1]…[SC3] are those of src/store/scan-store.ts.
import { expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import { aCommit, aStoredRoom, roomId, uniqueId } from '../support/stored-room.ts';

/** All that a scan finds, and in how many steps. */
export async function scanned({ scans }: Engines): Promise<{ rooms: RoomId[]; steps: number }> {
  const rooms: RoomId[] = [];
  let position: string | null = null;
  let steps = 0;
  do {
    const step = await scans.next(position);
    rooms.push(...step.rooms);
    position = step.position;
    steps++;
  } while (position !== null);
  return { rooms, steps };
}

export function scanStoreContract(engine: () => Engines): void {
  async function aRoom(): Promise<RoomId> {
    const { store } = engine();
    const id = roomId(uniqueId('scanned'));
    await store.create(aStoredRoom(store, id), null);
    return id;
  }

  async function close(id: RoomId): Promise<void> {
    const { store } = engine();
    const room = await store.load(id);
    if (!room) throw new Error('the room is gone');
    const closed = { type: 'room.closed' as const, by: 'owner', at: store.now(), reason: 'over' };
    expect((await store.commit(aCommit(store, room, { events: [closed] }))).status).toBe('committed');
  }

  test('[SC2] finds every open room, and no closed one', async () => {
    const rooms: RoomId[] = [];
    for (let count = 0; count < 200; count++) rooms.push(await aRoom());
    const [closed] = rooms.splice(100, 1) as [RoomId];
    await close(closed);
    const found = new Set((await scanned(engine())).rooms);
    expect(rooms.filter((id) => !found.has(id))).toEqual([]);
    expect(found.has(closed)).toBe(false);
  });
}
