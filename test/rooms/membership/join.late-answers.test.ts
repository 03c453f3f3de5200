// Store answers that arrive after the feed's news, and connections that end in the middle of a join. In the end the
// node must have the truth.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../../src/delivery/connections.ts';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';

const inRoom = { roomId: 'r1' };
let clock: ManualClock;
let engines: Engines;
let seam: Interposed;
let here: RoomNode;
let there: RoomNode;
let owner: Person;
beforeEach(async () => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
  seam = interpose(engines);
  here = new RoomNode(seam, clock);
  there = new RoomNode(engines, clock);
  owner = here.connect('owner');
  await owner.do('room:create', { ...inRoom, title: 'A', seatMode: 'free' });
});
const audienceOf = async (person: Person) => {
  const synced = await person.do('room:sync', { ...inRoom, epoch: 'none', version: 0 });
  if (!('room' in synced)) throw new Error('no snapshot');
  const { count, members } = synced.room.audience;
  return { count, names: members.map(({ userId }) => userId as string).sort() };
};

describe('a join with a late answer', () => {
  test('[PRES-5] does not restore an older number of members', async () => {
    const bob = await there.join('bob', 'r1');
    const alice = here.connect('alice');
    seam.beforeWelcome(async () => {
      await runMicrotasks();
      await bob.do('room:leave', inRoom);
      await runMicrotasks();
    });
    await alice.do('room:join', inRoom);
    await clock.advance(1_000);
    expect(await audienceOf(owner)).toEqual({ count: 2, names: ['alice', 'owner'] });
  });

  test('[PRES-5] does not restore a member that has joined elsewhere and left meanwhile', async () => {
    const alice = here.connect('alice');
    seam.beforeWelcome(async () => {
      const again = await there.join('alice', 'r1');
      await runMicrotasks();
      await again.do('room:leave', inRoom);
      await runMicrotasks();
    });
    expect(await alice.refusal('room:join', inRoom)).toBe('NOT_A_MEMBER');
    await clock.advance(1_000);
    expect(await audienceOf(owner)).toEqual({ count: 1, names: ['owner'] });
  });

  test('[ROOM-2][SYNC-6] names all members although a possible gap came while the recent chat was read', async () => {
    await there.connect('host').do('room:create', { roomId: 'r2', title: 'B' });
    seam.afterRecent(async () => seam.interruptFeed());
    const answer = await here.connect('alice').do('room:join', { roomId: 'r2' });
    expect(answer).toMatchObject({ room: { audience: { members: [{ userId: 'host' }, { userId: 'alice' }] } } });
  });
});

test('[PRES-1][MSG-2] a connection that is closed as too slow while it joins again is a drop like any other', async () => {
  const people = await Promise.all(Array.from({ length: 300 }, (_, index) => here.join(`guest-${index}`, 'r1')));
  const victim = await here.join('victim', 'r1');
  await victim.do('seat:take', inRoom);
  await clock.advance(3_000);
  let lines = 0;
  const chatter = async (count: number) => {
    for (let index = 0; index < count; index++) {
      void people[lines++ % people.length]?.try('message:send', { ...inRoom, kind: 'chat', body: { text: 'x' } });
      await clock.advance(5);
    }
  };
  await chatter(200);
  const received = () => victim.payloadsOf('room:messages').length;
  for (const before = received(); received() === before; ) await chatter(1);
  // Something waits in the flush window now, so the join has to write to the victim before it registers the new
  // session.
  await chatter(8);
  (victim.connection as { -readonly [Key in keyof Connection]: Connection[Key] }).backlogBytes = 2 * 1024 * 1024;
  await victim.try('room:join', inRoom);
  await clock.advance(1_000);
  const seats = async () => {
    const synced = await owner.do('room:sync', { ...inRoom, epoch: 'none', version: 0 });
    return 'room' in synced ? synced.room.seats.flatMap(({ occupant }) => occupant ?? []) : [];
  };
  expect(await seats()).toMatchObject([{ userId: 'victim', awayUntil: expect.any(Number) }]);
  await clock.advance(60_000);
  expect(await seats()).toEqual([]);
  expect((await engines.presence.find('r1' as never, ['victim' as never])).size).toBe(0);
});
