// The entry into a room while its conditions of entry change.
import { beforeEach, expect, test } from 'vitest';
import { createMemoryEngines } from '../../../src/engines.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';

let seam: Interposed;
let here: RoomNode;
let owner: Person;

beforeEach(async () => {
  const clock = new ManualClock();
  const engines = createMemoryEngines(clock);
  seam = interpose(engines);
  here = new RoomNode(seam, clock);
  owner = new RoomNode(engines, clock).connect('owner');
  await owner.do('room:create', { roomId: 'r1', title: 'A' });
  await here.join('bob', 'r1');
});

test('[ROOM-2] a password that is set during the entry keeps the user out, although the news about it was lost', async () => {
  seam.loseNews(1);
  seam.beforeJoin(() => owner.do('room:update', { roomId: 'r1', password: 'secret' }));
  expect(await here.connect('alice').refusal('room:join', { roomId: 'r1' })).toBe('WRONG_PASSWORD');
});

test('[ROOM-2] a change that does not concern the user only repeats the entry', async () => {
  seam.loseNews(1);
  seam.beforeJoin(() => owner.do('room:update', { roomId: 'r1', capacity: 500 }));
  expect(await here.connect('alice').refusal('room:join', { roomId: 'r1' })).toBeNull();
});

test('[ROOM-2] an entry is given up when its conditions change at each attempt', async () => {
  for (let attempt = 1; attempt <= 8; attempt++) {
    seam.beforeJoin(() => owner.do('room:update', { roomId: 'r1', capacity: 500 + attempt }));
  }
  const alice = here.connect('alice');
  expect(await alice.refusal('room:join', { roomId: 'r1' })).toBe('OVERLOADED');
  expect(await alice.refusal('room:join', { roomId: 'r1' })).toBeNull();
});
