// The numbers of one node: those of all nodes add up, and no member is counted twice.
import { expect, test } from 'vitest';
import { createMemoryEngines } from '../../../src/engines.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RoomNode } from '../../support/room-node.ts';

test('[OPS-1] members and seats belong to the node of the connection; a seat kept for somebody away to none', async () => {
  const clock = new ManualClock();
  const engines = createMemoryEngines(clock);
  const [here, there] = [new RoomNode(engines, clock), new RoomNode(engines, clock)];
  const owner = here.connect('owner');
  await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
  const speaker = await there.join('speaker', 'r1');
  await there.join('listener', 'r1');
  await owner.do('seat:take', { roomId: 'r1', seat: 1 });
  await speaker.do('seat:take', { roomId: 'r1', seat: 2 });
  await here.service.idle();
  expect(await here.service.roomCounts()).toEqual({ rooms: 1, members: 1, seatsTaken: 1 });
  expect(await there.service.roomCounts()).toEqual({ rooms: 1, members: 2, seatsTaken: 1 });
  await speaker.disconnect();
  await here.service.idle();
  expect(await here.service.roomCounts()).toEqual({ rooms: 1, members: 1, seatsTaken: 1 });
  expect(await there.service.roomCounts()).toEqual({ rooms: 1, members: 1, seatsTaken: 0 });
  await Promise.all([here.close(), there.close()]);
});
