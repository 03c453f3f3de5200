// What members are sent: updates in order for their stream, snapshots when the stream changes, and private events.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { project } from '../../../src/domain/view.ts';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { serverEventSchemas } from '../../../src/protocol/server-events.ts';
import { LOG_VERSIONS } from '../../../src/store/room-store.ts';
import { ClientView, toView } from '../../support/client-view.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';
import { roomId } from '../../support/stored-room.ts';

let clock: ManualClock;
let engines: Engines;
let here: RoomNode;
let there: RoomNode;
let owner: Person;

beforeEach(async () => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
  here = new RoomNode(engines, clock);
  there = new RoomNode(engines, clock);
  owner = here.connect('owner');
  await owner.do('room:create', { roomId: 'r1', title: 'A' });
});

async function joinWithView(node: RoomNode, user: string): Promise<[Person, ClientView]> {
  const person = node.connect(user);
  const answer = await person.do('room:join', { roomId: 'r1' });
  if (!('room' in answer)) throw new Error('no snapshot');
  return [person, new ClientView(answer.room)];
}

const updatesOf = (person: Person) => person.payloadsOf('room:events').flatMap(({ updates }) => updates);

describe('the public stream and the staff stream', () => {
  test('[SYNC-1][REQ-4] members skip versions without public events, and staff gets them', async () => {
    const [alice] = await joinWithView(here, 'alice');
    const [bob] = await joinWithView(there, 'bob');
    await owner.do('invite:send', { roomId: 'r1', userId: 'alice' });
    await owner.do('room:update', { roomId: 'r1', title: 'B' });
    await owner.do('invite:cancel', { roomId: 'r1', userId: 'alice' });
    await bob.do('request:send', { roomId: 'r1' });
    await runMicrotasks();
    const shape = (person: Person) =>
      updatesOf(person).map(({ after, version, events }) => [after, version, events.map(({ type }) => type)]);
    const publicStream = [
      [0, 2, ['room.updated']],
      [2, 4, ['requests.counted']],
    ];
    expect(shape(alice)).toEqual(publicStream);
    expect(shape(bob)).toEqual(publicStream);
    expect(shape(owner)).toEqual([
      [0, 1, ['invite.added']],
      [1, 2, ['room.updated']],
      [2, 3, ['invite.ended']],
      [3, 4, ['request.added', 'requests.counted']],
    ]);
  });

  test('[SYNC-3] members of all nodes get the same updates in the same order', async () => {
    const [alice] = await joinWithView(here, 'alice');
    const [bob] = await joinWithView(there, 'bob');
    await owner.do('room:update', { roomId: 'r1', seatMode: 'free' });
    await Promise.all(
      [alice, bob, owner].flatMap((person) => [
        person.try('seat:take', { roomId: 'r1' }),
        person.try('mic:set', { roomId: 'r1', on: false }),
        person.try('seat:leave', { roomId: 'r1' }),
      ]),
    );
    await runMicrotasks();
    expect(updatesOf(alice).length).toBeGreaterThan(3);
    expect(updatesOf(bob)).toEqual(updatesOf(alice));
  });

  test('[SYNC-8] a new admin gets a snapshot with the queue, then the staff stream; and back again', async () => {
    const [alice] = await joinWithView(here, 'alice');
    const [bob] = await joinWithView(there, 'bob');
    await bob.do('request:send', { roomId: 'r1' });
    await owner.do('admin:add', { roomId: 'r1', userId: 'alice' });
    await runMicrotasks();
    const [promoted] = alice.payloadsOf('room:snapshot');
    expect(promoted).toMatchObject({ you: { role: 'admin' }, room: { version: 2, requests: [{ userId: 'bob' }] } });
    expect(updatesOf(alice).map(({ version }) => version)).toEqual([1]);
    await bob.do('request:cancel', { roomId: 'r1' });
    await runMicrotasks();
    expect(updatesOf(alice).at(-1)).toMatchObject({ after: 2, version: 3, events: [{ type: 'request.ended' }, {}] });
    await owner.do('admin:remove', { roomId: 'r1', userId: 'alice' });
    await runMicrotasks();
    const demoted = alice.payloadsOf('room:snapshot').at(-1);
    expect(demoted).toMatchObject({ you: { role: 'member' }, room: { version: 4 } });
    expect(demoted?.room.requests).toBeUndefined();
  });
});

describe('private events', () => {
  test('[REQ-4] the requester gets the position, every change of it, and the end', async () => {
    const [alice] = await joinWithView(here, 'alice');
    const [bob] = await joinWithView(there, 'bob');
    expect(await alice.do('request:send', { roomId: 'r1' })).toMatchObject({ position: 1 });
    expect(await bob.do('request:send', { roomId: 'r1' })).toMatchObject({ position: 2 });
    await owner.do('request:reject', { roomId: 'r1', userId: 'alice', note: '稍后' });
    await runMicrotasks();
    expect(alice.payloadsOf('request:update')).toEqual([
      { roomId: 'r1', status: 'pending', position: 1 },
      { roomId: 'r1', status: 'rejected', by: 'owner', note: '稍后' },
    ]);
    expect(bob.payloadsOf('request:update')).toEqual([
      { roomId: 'r1', status: 'pending', position: 2 },
      { roomId: 'r1', status: 'pending', position: 1 },
    ]);
    await clock.advance(10 * 60_000 + 100);
    expect(bob.payloadsOf('request:update').at(-1)).toEqual({
      roomId: 'r1',
      status: 'expired',
      by: 'system',
      reason: 'expired',
    });
  });

  test('[INV-1] the invitee gets the invitation and its end', async () => {
    const [bob] = await joinWithView(there, 'bob');
    await owner.do('invite:send', { roomId: 'r1', userId: 'bob', seat: 2 });
    await clock.advance(60_100);
    const expiresAt = expect.any(Number);
    expect(bob.payloadsOf('invite:update')).toEqual([
      { roomId: 'r1', status: 'pending', seat: 2, by: 'owner', expiresAt },
      { roomId: 'r1', status: 'expired', by: 'system', reason: 'expired' },
    ]);
    expect(await bob.refusal('invite:accept', { roomId: 'r1' })).toBe('INVITE_NOT_FOUND');
  });
});

describe('resume', () => {
  test('[SYNC-2] room:sync fills a gap from the log, or gives the whole room', async () => {
    const [bob, view] = await joinWithView(there, 'bob');
    const { epoch } = view;
    await owner.do('room:update', { roomId: 'r1', title: 'B' });
    await owner.do('room:update', { roomId: 'r1', title: 'C' });
    const missed = await bob.do('room:sync', { roomId: 'r1', epoch, version: 1 });
    expect(missed).toMatchObject({ version: 2, epoch, updates: [{ after: 1, version: 2 }] });
    expect(await bob.do('room:sync', { roomId: 'r1', epoch, version: 2 })).toEqual({ updates: [], epoch, version: 2 });
    const other = await bob.do('room:sync', { roomId: 'r1', epoch: 'another', version: 2 });
    expect(other).toMatchObject({ room: { version: 2, title: 'C' }, you: { role: 'member' } });
    for (let index = 0; index < LOG_VERSIONS; index++)
      await owner.do('room:update', { roomId: 'r1', title: `T${index}` });
    expect(await bob.do('room:sync', { roomId: 'r1', epoch, version: 1 })).toHaveProperty('room');
  });

  test('[SYNC-8] a gap in which the role changed is answered with the whole room', async () => {
    const [alice, view] = await joinWithView(there, 'alice');
    await owner.do('admin:add', { roomId: 'r1', userId: 'alice' });
    const position = { roomId: 'r1', epoch: view.epoch, version: view.version };
    expect(await alice.do('room:sync', position)).toMatchObject({ room: { requests: [] }, you: { role: 'admin' } });
  });

  test('[ROOM-2] a join with a position on another node brings what was missed, with own state and grant', async () => {
    const [alice, view] = await joinWithView(here, 'alice');
    await alice.disconnect();
    await owner.do('room:update', { roomId: 'r1', title: 'B' });
    await here.join('carol', 'r1');
    const back = there.connect('alice');
    const answer = await back.do('room:join', { roomId: 'r1', resume: { epoch: view.epoch, version: view.version } });
    expect(answer).toMatchObject({
      audience: { count: 3, members: [{ userId: 'owner' }, { userId: 'alice' }, { userId: 'carol' }] },
      updates: [{ version: 1 }],
      version: 1,
      you: { role: 'member' },
      grant: { role: 'subscriber' },
    });
    const stranger = await back.do('room:join', { roomId: 'r1', resume: { epoch: 'another', version: 1 } });
    expect(stranger).toHaveProperty('room');
  });
});

test('[SYNC-1][SYNC-3] whatever happens on two nodes, every client folds to what the store has', async () => {
  const users = ['alice', 'bob', 'carol'];
  const actions = fc.array(fc.tuple(fc.nat(3), fc.nat(9), fc.nat(4)), { minLength: 5, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(actions, async (steps) => {
      const id = `fold-${clock.now()}-${steps.length}-${Math.abs(steps.flat().reduce((a, b) => a * 31 + b, 7) % 1e9)}`;
      await clock.advance(1);
      const host = here.connect(`owner-${clock.now()}`);
      const created = await host.do('room:create', { roomId: id, title: 'A', seatCount: 4, seatMode: 'free' });
      const people: [Person, ClientView][] = [[host, new ClientView(created.room)]];
      for (const [index, user] of users.entries()) {
        const person = (index % 2 === 0 ? here : there).connect(user);
        const answer = await person.do('room:join', { roomId: id });
        if ('room' in answer) people.push([person, new ClientView(answer.room)]);
      }
      await Promise.all(steps.map(([index, action, seat]) => act(people[index]?.[0] as Person, id, { action, seat })));
      await runMicrotasks();
      const room = await engines.store.load(roomId(id));
      if (!room) throw new Error('the room does not exist');
      for (const [person, view] of people) {
        for (const { event, payload } of person.received) {
          expect(serverEventSchemas[event].safeParse(payload).error).toBeUndefined();
          if (event === 'room:snapshot')
            Object.assign(view, new ClientView((payload as never as { room: never }).room));
          if (event === 'room:events')
            for (const update of (payload as { updates: never[] }).updates) view.take(update);
        }
        expect(view.gaps).toEqual([]);
        const isStaff =
          room.state.roles.ownerId === person.caller.userId || room.state.roles.admins.includes(person.caller.userId);
        expect(view.view).toEqual(project(room.state, isStaff ? 'staff' : 'public'));
        const answer = await person.do('room:sync', { roomId: id, epoch: 'another', version: 0 });
        expect('room' in answer && toView(answer.room)).toEqual(view.view);
      }
      for (const [person] of people) await person.do('room:leave', { roomId: id });
    }),
    { numRuns: 60, seed: 20_261_123 },
  );
});

function act(person: Person, id: string, { action, seat }: { action: number; seat: number }) {
  const room = { roomId: id };
  const users = ['alice', 'bob', 'carol'];
  const userId = users[seat % 3] as string;
  const choices = [
    () => person.try('seat:take', room),
    () => person.try('seat:leave', room),
    () => person.try('seat:move', { ...room, seat }),
    () => person.try('seat:lock', { ...room, seat }),
    () => person.try('seat:mute', { ...room, seat }),
    () => person.try('admin:add', { ...room, userId }),
    () => person.try('admin:remove', { ...room, userId }),
    () => person.try('invite:send', { ...room, userId }),
    () => person.try('room:update', { ...room, seatMode: seat % 2 === 0 ? 'free' : 'request' }),
    () => person.try('request:send', room),
  ];
  return choices[action]?.();
}
