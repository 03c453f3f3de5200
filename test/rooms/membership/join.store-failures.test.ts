// The store fails at the worst moment. A change without a reply leaves no member behind and is not made twice.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { LISTENER_GRACE_MS } from '../../../src/rooms/membership/leave.ts';
import type { PresenceStore } from '../../../src/store/presence-store.ts';
import { OutcomeUnknownError } from '../../../src/store/store-errors.ts';
import { aGate } from '../../support/gate.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';
import { roomId } from '../../support/stored-room.ts';

const AN_HOUR_MS = 3_600_000;

let clock: ManualClock;
let engines: Engines;
let seam: Interposed;
let here: RoomNode;
let owner: Person;

beforeEach(async () => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
  seam = interpose(engines);
  here = new RoomNode(seam, clock);
  owner = here.connect('owner');
  await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
});

const loseReply = () => Promise.reject(new OutcomeUnknownError('no reply came'));
const membersNow = async () =>
  (await engines.presence.sample(roomId('r1'), 9)).members.map(({ userId }) => userId).sort();
const stateNow = async () => {
  const room = await engines.store.load(roomId('r1'));
  if (!room) throw new Error('the room is gone');
  return room.state;
};

describe('members without a connection', () => {
  test('[PRES-1] after a join without a reply, the client disconnects: no member is left', async () => {
    const joinWithoutReply: PresenceStore['join'] = async (id, joining) => {
      await engines.presence.join(id, joining);
      return loseReply();
    };
    const presence = new Proxy(engines.presence, {
      get: (target, name) => (name === 'join' ? joinWithoutReply : Reflect.get(target, name).bind(target)),
    });
    const node = new RoomNode({ ...engines, presence }, clock);
    const alice = node.connect('alice');
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBe('OUTCOME_UNKNOWN');
    await alice.disconnect();
    expect(await membersNow()).toEqual(['alice', 'owner']);
    await clock.advance(AN_HOUR_MS);
    expect(await membersNow()).toEqual(['owner']);
  });

  test('[PRES-1] the session of a join without a reply is looked up while a retry is under way: the member stays', async () => {
    let joins = 0;
    const firstWithoutReply: PresenceStore['join'] = async (id, joining) => {
      const result = await seam.presence.join(id, joining);
      return joins++ === 0 ? loseReply() : result;
    };
    const presence = new Proxy(seam.presence, {
      get: (target, name) => (name === 'join' ? firstWithoutReply : Reflect.get(target, name)),
    });
    const node = new RoomNode({ ...seam, presence }, clock);
    const alice = node.connect('alice');
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBe('OUTCOME_UNKNOWN');
    const welcome = aGate();
    seam.beforeWelcome(() => welcome.opened);
    const retry = alice.refusal('room:join', { roomId: 'r1' });
    await clock.advance(LISTENER_GRACE_MS);
    welcome.open();
    expect(await retry).toBeNull();
    await clock.advance(AN_HOUR_MS);
    expect([await membersNow(), await alice.refusal('seat:take', { roomId: 'r1' })]).toEqual([
      ['alice', 'owner'],
      null,
    ]);
  });

  test.for(['leave', 'drop'] as const)(
    '[PRES-1] a listener’s grace ends while the store fails (%s): the listener is removed later',
    async (failing) => {
      const alice = await here.join('alice', 'r1');
      await alice.disconnect();
      await owner.do('invite:send', { roomId: 'r1', userId: 'alice' });
      if (failing === 'leave') seam.beforeLeave(loseReply);
      else for (const _try of [1, 2]) seam.nextCommit(loseReply);
      await clock.advance(LISTENER_GRACE_MS);
      // Neither removed nor in a grace of the stage: the store took no write.
      expect([await membersNow(), (await stateNow()).away]).toEqual([['alice', 'owner'], {}]);
      await clock.advance(LISTENER_GRACE_MS);
      expect(Object.keys((await stateNow()).away)).toEqual(['alice']);
      await clock.advance(AN_HOUR_MS);
      expect([await membersNow(), (await stateNow()).invitations]).toEqual([['owner'], []]);
    },
  );

  test('[PRES-1] the store does not record a return, and the client disconnects: the seat is free after the grace', async () => {
    const first = await here.join('alice', 'r1');
    await first.do('seat:take', { roomId: 'r1', seat: 3 });
    await first.disconnect();
    await clock.advance(5_000);
    seam.nextCommit(loseReply);
    seam.nextCommit(loseReply);
    const again = await here.join('alice', 'r1');
    await again.disconnect();
    await clock.advance(AN_HOUR_MS);
    const { seats, away } = await stateNow();
    expect([seats[3]?.occupant, away, await membersNow()]).toEqual([null, {}, ['owner']]);
  });

  test('[PRES-1] the store does not record a return, and the client stays: the sweep records it', async () => {
    const first = await here.join('alice', 'r1');
    await first.do('seat:take', { roomId: 'r1', seat: 3 });
    await first.disconnect();
    seam.nextCommit(loseReply);
    seam.nextCommit(loseReply);
    await here.join('alice', 'r1');
    await clock.advance(AN_HOUR_MS);
    const { seats, away } = await stateNow();
    expect([seats[3]?.occupant, away]).toMatchObject([{ userId: 'alice', awayUntil: null }, {}]);
  });

  test('[ROOM-3] a leave with a slow reply does not end the join that came meanwhile', async () => {
    const alice = await here.join('alice', 'r1');
    await alice.do('seat:take', { roomId: 'r1', seat: 2 });
    const replyGate = aGate();
    seam.nextCommit(async (commit, carryOut) => {
      const result = await carryOut(commit);
      await replyGate.opened;
      return result;
    });
    const leave = alice.try('room:leave', { roomId: 'r1' });
    await runMicrotasks();
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBeNull();
    replyGate.open();
    expect((await leave).ok).toBe(true);
    expect(await alice.do('seat:take', { roomId: 'r1', seat: 4 })).toMatchObject({ seat: 4 });
    await alice.disconnect();
    await clock.advance(AN_HOUR_MS);
    expect(await membersNow()).toEqual(['owner']);
  });
});

describe('back to back', () => {
  test('[ROOM-3] a leave that directly follows a join takes effect, the first time and again', async () => {
    const alice = here.connect('alice');
    for (const _round of [1, 2]) {
      const [join, leave] = await Promise.all([
        alice.try('room:join', { roomId: 'r1' }),
        alice.try('room:leave', { roomId: 'r1' }),
      ]);
      expect([join.ok, leave.ok, await membersNow()]).toEqual([true, true, ['owner']]);
    }
  });

  test('[PRES-1] the store fails right after a join: no member is left when the client disconnects', async () => {
    const alice = here.connect('alice');
    seam.beforeWelcome(loseReply);
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBe('OUTCOME_UNKNOWN');
    await alice.disconnect();
    await clock.advance(AN_HOUR_MS);
    expect(await membersNow()).toEqual(['owner']);
  });
});

describe('a commit with a lost reply', () => {
  test('[ACK-3] the second attempt is refused as a stale write: the answer is a success', async () => {
    const alice = await here.join('alice', 'r1');
    seam.nextCommit(async (commit, carryOut) => {
      await carryOut(commit);
      return loseReply();
    });
    seam.nextCommit(async () => ({ status: 'late' }));
    expect(await alice.do('seat:take', { roomId: 'r1', seat: 3 })).toEqual({ seat: 3, version: 1 });
  });

  test('[ACK-2][ACK-3] a turn of commands with and without an id takes effect once', async () => {
    const bob = await here.join('bob', 'r1');
    const gate = aGate();
    seam.beforeCommit(() => gate.opened);
    const first = owner.try('room:update', { roomId: 'r1', title: 'B' });
    await runMicrotasks();
    seam.nextCommit(async (commit, carryOut) => {
      await carryOut(commit);
      return loseReply();
    });
    const named = owner.do('room:update', { roomId: 'r1', title: 'C', commandId: 'c1' });
    const unnamed = bob.do('seat:take', { roomId: 'r1', seat: 4 });
    gate.open();
    await first;
    expect([await named, await unnamed]).toEqual([{ version: 2 }, { seat: 4, version: 2 }]);
  });
});

test('[ROOM-9] a room that was live only for a grace is passivated when the grace is over', async () => {
  await owner.do('seat:take', { roomId: 'r1' });
  await owner.disconnect();
  expect(here.service.liveRoomCount).toBe(1);
  await clock.advance(AN_HOUR_MS);
  await here.service.idle();
  expect([here.service.liveRoomCount, await membersNow()]).toEqual([0, []]);
});
