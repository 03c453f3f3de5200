// Connections that end, join twice, or join at an awkward moment: graces, second devices, races with the feed.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines } from '../../../src/engines.ts';
import { NAMED_AUDIENCE_MAX } from '../../../src/rooms/audience/room-audience.ts';
import { LISTENER_GRACE_MS } from '../../../src/rooms/membership/leave.ts';
import { LOG_VERSIONS } from '../../../src/store/room-store.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';
import { roomId } from '../../support/stored-room.ts';

const GRACE_MS = 45_000;

let clock: ManualClock;
let seam: Interposed;
let here: RoomNode;
let there: RoomNode;
let owner: Person;

beforeEach(async () => {
  clock = new ManualClock();
  const engines = createMemoryEngines(clock);
  seam = interpose(engines);
  here = new RoomNode(seam, clock);
  there = new RoomNode(engines, clock);
  owner = there.connect('owner');
  await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
});

const membersNow = async () =>
  (await seam.presence.sample(roomId('r1'), 100)).members.map(({ userId }) => userId).sort();
const stateNow = async () => {
  const room = await seam.store.load(roomId('r1'));
  if (!room) throw new Error('the room is gone');
  return room.state;
};
const eventTypes = (person: Person) => person.stageEvents().map(({ type }) => type);

describe('a listener drops', () => {
  test('[PRES-1] the member stays for 15 s without a change of the stage, and is removed then', async () => {
    const alice = await here.join('alice', 'r1');
    await alice.disconnect();
    await clock.advance(LISTENER_GRACE_MS - 1);
    expect(await membersNow()).toEqual(['alice', 'owner']);
    await clock.advance(1);
    expect(await membersNow()).toEqual(['owner']);
    expect(eventTypes(owner)).toEqual([]);
    expect(owner.payloadsOf('room:audience').at(-1)).toMatchObject({ count: 1, left: [{ userId: 'alice' }] });
  });

  test('[PRES-1] back in time on another node, the member stays, and clients get no update', async () => {
    const alice = await here.join('alice', 'r1');
    await runMicrotasks();
    const before = owner.payloadsOf('room:audience').length;
    await alice.disconnect();
    await there.join('alice', 'r1');
    await clock.advance(LISTENER_GRACE_MS * 2);
    expect(await membersNow()).toEqual(['alice', 'owner']);
    expect(owner.payloadsOf('room:audience').length).toBe(before);
  });

  test('[PRES-1][INV-1] invited meanwhile, the member has a grace on the stage', async () => {
    const alice = await here.join('alice', 'r1');
    await alice.disconnect();
    await owner.do('invite:send', { roomId: 'r1', userId: 'alice' });
    await clock.advance(LISTENER_GRACE_MS);
    expect(Object.keys((await stateNow()).away)).toEqual(['alice']);
    await clock.advance(GRACE_MS + 100);
    expect([await membersNow(), (await stateNow()).invitations]).toEqual([['owner'], []]);
  });
});

describe('a speaker drops', () => {
  test('[PRES-1] the seat stays taken for the grace of the room, marked as away, and is free then', async () => {
    const alice = await here.join('alice', 'r1');
    await alice.do('seat:take', { roomId: 'r1', seat: 3 });
    await alice.disconnect();
    expect((await stateNow()).seats[3]?.occupant).toMatchObject({ userId: 'alice', awayUntil: clock.now() + GRACE_MS });
    await clock.advance(GRACE_MS - 1);
    expect(eventTypes(owner)).toEqual(['seat.taken', 'seat.away']);
    await clock.advance(1_000);
    expect(eventTypes(owner)).toEqual(['seat.taken', 'seat.away', 'seat.left']);
    expect(await membersNow()).toEqual(['owner']);
  });

  test('[PRES-1][REQ-1] a requester keeps the position in the queue', async () => {
    await owner.do('room:update', { roomId: 'r1', seatMode: 'request' });
    const alice = await here.join('alice', 'r1');
    const bob = await there.join('bob', 'r1');
    await alice.do('request:send', { roomId: 'r1', note: '我要唱' });
    await bob.do('request:send', { roomId: 'r1' });
    await alice.disconnect();
    const answer = await there.connect('alice').do('room:join', { roomId: 'r1' });
    expect(answer.you.request).toMatchObject({ position: 1, note: '我要唱' });
    expect((await stateNow()).away).toEqual({});
  });

  test('[PRES-1] fault elsewhere (names of Object.prototype): every user id has its grace', async () => {
    for (const [index, user] of ['constructor', '__proto__', 'toString'].entries()) {
      const person = await here.join(user, 'r1');
      await person.do('seat:take', { roomId: 'r1', seat: 1 + index });
      await person.disconnect();
      const again = await there.connect(user).do('room:join', { roomId: 'r1' });
      expect(again.you.seat).toBe(1 + index);
    }
    expect(eventTypes(owner).filter((type) => type === 'seat.back')).toHaveLength(3);
  });
});

describe('a second device', () => {
  test('[PRES-4] on the same node: the newest wins, seat and role stay, and the older gets `room:left`', async () => {
    const first = await here.join('alice', 'r1');
    await first.do('seat:take', { roomId: 'r1', seat: 3 });
    const second = here.connect('alice');
    const answer = await second.do('room:join', { roomId: 'r1' });
    expect(answer.you.seat).toBe(3);
    expect(answer.grant.role).toBe('publisher');
    expect(first.payloadsOf('room:left')).toEqual([{ roomId: 'r1', reason: 'replaced' }]);
    expect(await first.refusal('seat:leave', { roomId: 'r1' })).toBe('NOT_A_MEMBER');
    await first.disconnect();
    expect(eventTypes(owner)).toEqual(['seat.taken']);
    expect(await second.do('seat:leave', { roomId: 'r1' })).toMatchObject({ version: 2 });
  });

  test('[PRES-4] joins on another node while the join here is under way: the join here is refused', async () => {
    const first = here.connect('alice');
    seam.beforeWelcome(() => there.join('alice', 'r1'));
    expect(await first.refusal('room:join', { roomId: 'r1' })).toBe('NOT_A_MEMBER');
    await owner.do('room:update', { roomId: 'r1', title: 'B' });
    await runMicrotasks();
    expect(first.payloadsOf('room:events')).toEqual([]);
  });

  test('[PRES-4] joins here later and is registered first, before the feed announces it: the older join is refused', async () => {
    const [older, newer] = [here.connect('alice'), here.connect('alice')];
    const releaseNews = seam.holdNews();
    seam.beforeWelcome(() => newer.do('room:join', { roomId: 'r1' }));
    expect(await older.refusal('room:join', { roomId: 'r1' })).toBe('NOT_A_MEMBER');
    releaseNews();
    await runMicrotasks();
    expect(newer.payloadsOf('room:left')).toEqual([]);
    expect(await membersNow()).toEqual(['alice', 'owner']);
    await newer.disconnect();
    await clock.advance(LISTENER_GRACE_MS);
    expect(await membersNow()).toEqual(['owner']);
  });
});

describe('awkward moments', () => {
  test('[SYNC-2] after a gap that the log does not cover, members get a snapshot and their present rights', async () => {
    const alice = await here.join('alice', 'r1');
    await alice.do('seat:take', { roomId: 'r1', seat: 3 });
    await runMicrotasks();
    seam.loseNews(LOG_VERSIONS + 5);
    await owner.do('seat:kick', { roomId: 'r1', seat: 3 });
    for (let index = 0; index < LOG_VERSIONS + 4; index++)
      await owner.do('room:update', { roomId: 'r1', title: `T${index}` });
    await owner.do('room:update', { roomId: 'r1', title: 'Last' });
    await runMicrotasks();
    expect(alice.payloadsOf('room:snapshot').at(-1)).toMatchObject({ room: { title: 'Last' }, you: { seat: null } });
    expect(alice.payloadsOf('rtc:grant').at(-1)).toMatchObject({ role: 'subscriber', reason: 'unseated' });
  });

  test('[PRES-1] a connection that ends during its join leaves no member behind', async () => {
    const alice = here.connect('alice');
    seam.beforeWelcome(() => alice.disconnect());
    void alice.try('room:join', { roomId: 'r1' });
    await runMicrotasks();
    await clock.advance(LISTENER_GRACE_MS);
    expect(await membersNow()).toEqual(['owner']);
    await clock.advance(60_000);
    expect(here.service.liveRoomCount).toBe(0);
  });

  test('[SYNC-3][D4] a commit before the node subscribes to the feed is in the snapshot', async () => {
    seam.beforeSubscribe(() => owner.do('room:update', { roomId: 'r1', title: 'B' }));
    const answer = await here.connect('alice').do('room:join', { roomId: 'r1' });
    expect('room' in answer && [answer.room.version, answer.room.title]).toEqual([1, 'B']);
  });

  test('[D4] a node subscribes to the feed before it lets a user in', async () => {
    const order: string[] = [];
    seam.beforeSubscribe(async () => {
      await runMicrotasks();
      order.push('feed');
    });
    seam.beforeJoin(async () => order.push('join'));
    await here.join('alice', 'r1');
    expect(order).toEqual(['feed', 'join']);
  });

  test('[ACK-6] a command that was acknowledged before the join is in the snapshot; a later one follows as an update', async () => {
    const alice = here.connect('alice');
    seam.beforeWelcome(() => owner.do('room:update', { roomId: 'r1', title: 'B' }));
    const answer = await alice.do('room:join', { roomId: 'r1' });
    await owner.do('room:update', { roomId: 'r1', title: 'C' });
    await runMicrotasks();
    expect('room' in answer && answer.room.version).toBe(1);
    const updates = alice.payloadsOf('room:events').flatMap((one) => one.updates);
    expect(updates.map(({ after, version }) => [after, version])).toEqual([[1, 2]]);
  });

  test('[SYNC-1][SYNC-3] news that a node did not get is read from the log when the next news comes', async () => {
    const alice = await here.join('alice', 'r1');
    await runMicrotasks();
    seam.loseNews(2);
    for (const title of ['B', 'C', 'D']) await owner.do('room:update', { roomId: 'r1', title });
    await runMicrotasks();
    const updates = alice.payloadsOf('room:events').flatMap((one) => one.updates);
    expect(updates.map(({ after, version }) => [after, version])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  test('[SYNC-6] the snapshot of a join has members that joined meanwhile, and none that left meanwhile', async () => {
    const bob = await there.join('bob', 'r1');
    const alice = here.connect('alice');
    seam.afterSample(async () => {
      await bob.do('room:leave', { roomId: 'r1' });
      await there.join('carol', 'r1');
      await runMicrotasks();
    });
    const answer = await alice.do('room:join', { roomId: 'r1' });
    const { audience } = 'room' in answer ? answer.room : { audience: null };
    expect(audience?.members.map(({ userId }) => userId).sort()).toEqual(['alice', 'carol', 'owner']);
    expect(audience?.count).toBe(3);
  });

  test('[SYNC-6] of more than 200 members clients get only the number, at most once a second', async () => {
    const joining = Array.from({ length: NAMED_AUDIENCE_MAX }, (_, index) => there.join(`guest-${index}`, 'r1'));
    await Promise.all(joining);
    await clock.advance(1_000);
    const before = owner.payloadsOf('room:audience').length;
    for (const index of [1, 2, 3]) await (await joining[index])?.do('room:leave', { roomId: 'r1' });
    for (const user of ['a', 'b', 'c', 'd']) await there.join(user, 'r1');
    // Updates that come this close together share a flush window.
    await clock.advance(100);
    const named = owner.payloadsOf('room:audience').slice(before);
    expect(named.every(({ count }) => count <= NAMED_AUDIENCE_MAX)).toBe(true);
    await clock.advance(899);
    expect(owner.payloadsOf('room:audience').length).toBe(before + named.length);
    await clock.advance(1);
    expect(owner.payloadsOf('room:audience').at(-1)).toEqual({ roomId: 'r1', count: NAMED_AUDIENCE_MAX + 2 });
  });
});
