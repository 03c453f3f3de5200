// A store that fails at the worst moment: what it did without saying so leaves no ghost behind, and is not done twice.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { LISTENER_GRACE_MS } from '../../../src/rooms/membership/leave.ts';
import type { PresenceStore } from '../../../src/store/presence-store.ts';
import { OutcomeUnknownError } from '../../../src/store/store-errors.ts';
import { aGate } from '../../support/gate.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import { ManualClock, settleMicrotasks } from '../../support/manual-clock.ts';
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

const lost = () => Promise.reject(new OutcomeUnknownError('no reply came'));
const membersNow = async () =>
  (await engines.presence.sample(roomId('r1'), 9)).members.map(({ userId }) => userId).sort();
const stateNow = async () => {
  const room = await engines.store.load(roomId('r1'));
  if (!room) throw new Error('the room is gone');
  return room.state;
};

describe('ghosts', () => {
  test('[PRES-1] a join without a reply, and a client that goes: no member is left', async () => {
    const joinThenSilence: PresenceStore['join'] = async (id, joining) => {
      await engines.presence.join(id, joining);
      return lost();
    };
    const presence = new Proxy(engines.presence, {
      get: (target, name) => (name === 'join' ? joinThenSilence : Reflect.get(target, name).bind(target)),
    });
    const deaf = new RoomNode({ ...engines, presence }, clock);
    const alice = deaf.connect('alice');
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBe('OUTCOME_UNKNOWN');
    await alice.disconnect();
    expect(await membersNow()).toEqual(['alice', 'owner']);
    await clock.advance(AN_HOUR_MS);
    expect(await membersNow()).toEqual(['owner']);
  });

  test('[PRES-1] a join without a reply, and a retry that is just being welcomed when it is looked up: he stays', async () => {
    let joins = 0;
    const firstWithoutReply: PresenceStore['join'] = async (id, joining) => {
      const result = await seam.presence.join(id, joining);
      return joins++ === 0 ? lost() : result;
    };
    const presence = new Proxy(seam.presence, {
      get: (target, name) => (name === 'join' ? firstWithoutReply : Reflect.get(target, name)),
    });
    const deaf = new RoomNode({ ...seam, presence }, clock);
    const alice = deaf.connect('alice');
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
    '[PRES-1] a listener’s grace ends while the store fails (%s): he is out later',
    async (failing) => {
      const alice = await here.join('alice', 'r1');
      await alice.disconnect();
      await owner.do('invite:send', { roomId: 'r1', userId: 'alice' });
      if (failing === 'leave') seam.beforeLeave(lost);
      else for (const _try of [1, 2]) seam.nextCommit(lost);
      await clock.advance(LISTENER_GRACE_MS);
      // Neither out nor in his grace: it could not be said.
      expect([await membersNow(), (await stateNow()).away]).toEqual([['alice', 'owner'], {}]);
      await clock.advance(LISTENER_GRACE_MS);
      expect(Object.keys((await stateNow()).away)).toEqual(['alice']);
      await clock.advance(AN_HOUR_MS);
      expect([await membersNow(), (await stateNow()).invitations]).toEqual([['owner'], []]);
    },
  );

  test('[PRES-1] a return that could not be recorded, and a client that goes: the seat is free after the grace', async () => {
    const first = await here.join('alice', 'r1');
    await first.do('seat:take', { roomId: 'r1', seat: 3 });
    await first.disconnect();
    await clock.advance(5_000);
    seam.nextCommit(lost);
    seam.nextCommit(lost);
    const again = await here.join('alice', 'r1');
    await again.disconnect();
    await clock.advance(AN_HOUR_MS);
    const { seats, away } = await stateNow();
    expect([seats[3]?.occupant, away, await membersNow()]).toEqual([null, {}, ['owner']]);
  });

  test('[PRES-1] a return that could not be recorded, and a client that stays: the sweep says it for him', async () => {
    const first = await here.join('alice', 'r1');
    await first.do('seat:take', { roomId: 'r1', seat: 3 });
    await first.disconnect();
    seam.nextCommit(lost);
    seam.nextCommit(lost);
    await here.join('alice', 'r1');
    await clock.advance(AN_HOUR_MS);
    const { seats, away } = await stateNow();
    expect([seats[3]?.occupant, away]).toMatchObject([{ userId: 'alice', awayUntil: null }, {}]);
  });

  test('[ROOM-3] a leave whose reply is slow takes nothing from the join that came meanwhile', async () => {
    const alice = await here.join('alice', 'r1');
    await alice.do('seat:take', { roomId: 'r1', seat: 2 });
    const reply = aGate();
    seam.nextCommit(async (commit, carryOut) => {
      const result = await carryOut(commit);
      await reply.opened;
      return result;
    });
    const leave = alice.try('room:leave', { roomId: 'r1' });
    await settleMicrotasks();
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBeNull();
    reply.open();
    expect((await leave).ok).toBe(true);
    expect(await alice.do('seat:take', { roomId: 'r1', seat: 4 })).toMatchObject({ seat: 4 });
    await alice.disconnect();
    await clock.advance(AN_HOUR_MS);
    expect(await membersNow()).toEqual(['owner']);
  });
});

describe('back to back', () => {
  test('[ROOM-3] a leave right behind a join leaves, the first time and again', async () => {
    const alice = here.connect('alice');
    for (const _round of [1, 2]) {
      const [join, leave] = await Promise.all([
        alice.try('room:join', { roomId: 'r1' }),
        alice.try('room:leave', { roomId: 'r1' }),
      ]);
      expect([join.ok, leave.ok, await membersNow()]).toEqual([true, true, ['owner']]);
    }
  });

  test('[PRES-1] the store fails right after a join: no member is left when the client goes', async () => {
    const alice = here.connect('alice');
    seam.beforeWelcome(lost);
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBe('OUTCOME_UNKNOWN');
    await alice.disconnect();
    await clock.advance(AN_HOUR_MS);
    expect(await membersNow()).toEqual(['owner']);
  });
});

describe('twice', () => {
  test('[ACK-3] committed, reply lost, and the second try called late: answered as done', async () => {
    const alice = await here.join('alice', 'r1');
    seam.nextCommit(async (commit, carryOut) => {
      await carryOut(commit);
      return lost();
    });
    seam.nextCommit(async () => ({ status: 'late' }));
    expect(await alice.do('seat:take', { roomId: 'r1', seat: 3 })).toEqual({ seat: 3, version: 1 });
  });

  test('[ACK-2][ACK-3] a turn of named and unnamed commands whose reply is lost is done once for both', async () => {
    const bob = await here.join('bob', 'r1');
    const gate = aGate();
    seam.beforeCommit(() => gate.opened);
    const first = owner.try('room:update', { roomId: 'r1', title: 'B' });
    await settleMicrotasks();
    seam.nextCommit(async (commit, carryOut) => {
      await carryOut(commit);
      return lost();
    });
    const named = owner.do('room:update', { roomId: 'r1', title: 'C', commandId: 'c1' });
    const unnamed = bob.do('seat:take', { roomId: 'r1', seat: 4 });
    gate.open();
    await first;
    expect([await named, await unnamed]).toEqual([{ version: 2 }, { seat: 4, version: 2 }]);
  });
});

test('[ROOM-9] a room that was held only for a grace is let go when the grace is over', async () => {
  await owner.do('seat:take', { roomId: 'r1' });
  await owner.disconnect();
  expect(here.service.liveRoomCount).toBe(1);
  await clock.advance(AN_HOUR_MS);
  await here.service.idle();
  expect([here.service.liveRoomCount, await membersNow()]).toEqual([0, []]);
});
