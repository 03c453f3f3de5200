// An hour after a busy evening the memory engine has deleted every closed room.
import { expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RoomNode } from '../support/room-node.ts';
import { closeRoom, spendEvening } from './busy-rooms.ts';
import { Dice } from './dice.ts';

const HOUR_MS = 60 * 60_000;

test.each([1, 2, 3])(
  '[ROOM-9] an hour after closing nothing of a room is left in memory (evening %i)',
  async (seed) => {
    const clock = new ManualClock();
    const engines = createMemoryEngines(clock);
    const nodes = [new RoomNode(engines, clock), new RoomNode(engines, clock)];
    const dice = new Dice(seed);
    const evening = { nodes, dice, steps: 600, pause: () => clock.advance(dice.pick([10, 1_000, 20_000])) };
    const { roomIds, granted } = await spendEvening(evening);
    expect(roomIds.length).toBeGreaterThan(5);
    expect(granted.size).toBeGreaterThan(15);
    for (const roomId of roomIds) await closeRoom(nodes[0] as RoomNode, roomId);
    const { tables, directory } = engines;
    expect(tables.size).toBeGreaterThan(0);
    await clock.advance(HOUR_MS);
    expect(tables.size).toBe(0);
    expect((await directory.list({ sort: 'new', category: null, cursor: null, limit: 100 })).rooms).toEqual([]);
    for (const node of nodes) {
      await node.service.idle();
      expect(node.service.liveRoomCount).toBe(0);
      await node.close();
    }
  },
);

test('[ROOM-9] a node that has passivated a room does not list it again after its end', async () => {
  const clock = new ManualClock();
  const engines = createMemoryEngines(clock);
  const [first, second] = [new RoomNode(engines, clock), new RoomNode(engines, clock)];
  const owner = first.connect('owner');
  await owner.do('room:create', { roomId: 'brief', title: 'Brief' });
  const guest = await second.join('guest', 'brief');
  await guest.do('room:leave', { roomId: 'brief' });
  await clock.advance(0);
  expect(second.service.liveRoomCount).toBe(0);
  await owner.do('room:close', { roomId: 'brief' });
  // The first node announces the close first; the second announces what it knew when it passivated the room.
  await first.service.idle();
  await second.service.idle();
  const listed = await engines.directory.list({ cursor: null, limit: 100, sort: 'new', category: null });
  expect(listed.rooms).toEqual([]);
  await first.close();
  await second.close();
});
