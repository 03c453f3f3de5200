// The end of the owner's membership by all ways, its effect on the room, and the end of an empty room (ROOM-7).
import { describe, expect, test } from 'vitest';
import { limits, stageUsers } from '../../src/domain/room.ts';
import { buildRoom, eventsOf, MINUTE, OWNER, Play, START, typesOf } from '../support/domain.ts';

const GRACE = 45_000;
const session = (userId: string, fence = 1) => ({ userId, fence });
const stamped = (by: string, at = START) => ({ by, at });
const reason = 'ownerAbsent';

type Mode = 'keep' | 'promote' | 'close';
const aRoom = (ownerAbsent: Mode, admins: readonly string[] = []): Play =>
  new Play(buildRoom({ seatMode: 'free', ownerAbsent, admins }));

/** The ways in which the owner's membership ends, by the reason of each. */
const ways: Readonly<Record<string, (play: Play) => ReturnType<Play['accept']>>> = {
  left: (play) => play.accept(OWNER, 'member:leave', session(OWNER)),
  disconnected: (play) => {
    play.accept('system', 'member:drop', session(OWNER));
    return play.wait(GRACE).accept('system', 'room:sweep');
  },
  kicked: (play) => play.accept('service', 'member:kick', { userId: OWNER }),
  banned: (play) => play.accept('service', 'member:ban', { userId: OWNER }),
};

describe.for(Object.entries(ways))('[ROOM-7] the membership of the owner ends: %s', ([how, go]) => {
  test('keep: they stay the owner and stay pinned, because a later membership of theirs must end, too', () => {
    const play = aRoom('keep', ['ada']);
    const { events } = go(play);
    expect(eventsOf(events, 'member.left')).toMatchObject([{ userId: OWNER, reason: how }]);
    expect([play.room.roles, play.room.closed]).toEqual([{ ownerId: OWNER, admins: ['ada'] }, null]);
    expect(stageUsers(play.room).has(OWNER)).toBe(true);
  });

  test('close: first all that the owner has on the stage ends, then all of the others, then the room', () => {
    const play = aRoom('close');
    play.accept(OWNER, 'seat:take');
    play.accept('alice', 'seat:take', { seat: 3 });
    play.accept(OWNER, 'invite:send', { userId: 'dave' });
    const { events } = go(play);
    const ended = events.filter(({ type }) => type !== 'member.kicked' && type !== 'member.banned');
    expect(ended).toMatchObject([
      { type: 'seat.left', userId: OWNER, reason: how },
      { type: 'member.left', userId: OWNER, reason: how },
      { type: 'seat.left', userId: 'alice', reason: 'roomClosed' },
      { type: 'invite.ended', userId: 'dave', reason: 'roomClosed' },
      { type: 'room.closed', reason },
    ]);
    expect(ended).toHaveLength(5);
    expect([play.room.closed?.reason, [...stageUsers(play.room)]]).toEqual([reason, []]);
  });

  test('promote: another user is the owner in the same version', () => {
    const play = aRoom('promote', ['ada']);
    const { events } = go(play);
    expect(play.room.roles.ownerId).toBe('ada');
    expect(eventsOf(events, 'owner.changed')).toMatchObject([{ from: OWNER, to: 'ada', reason }]);
    expect(stageUsers(play.room).has(OWNER)).toBe(false);
    // PRES-6: a banned user is not an admin.
    expect(play.room.roles.admins).toEqual(how === 'banned' ? [] : [OWNER]);
  });
});

describe('[ROOM-7] promote', () => {
  const succession = (play: Play) => {
    const { events } = play.accept(OWNER, 'member:leave', session(OWNER));
    return eventsOf(events, 'owner.changed')[0]?.to ?? null;
  };

  test('has an event for each step, in order, and the old owner’s seat ends', () => {
    const play = aRoom('promote', ['ada', 'abe']);
    play.accept(OWNER, 'seat:take');
    expect(play.accept(OWNER, 'member:leave', session(OWNER)).events).toEqual([
      { type: 'seat.left', ...stamped(OWNER), seat: 0, userId: OWNER, reason: 'left' },
      { type: 'member.left', ...stamped(OWNER), userId: OWNER, fence: 1, reason: 'left' },
      { type: 'admin.removed', ...stamped(OWNER), userId: 'ada' },
      { type: 'owner.changed', ...stamped(OWNER), from: OWNER, to: 'ada', reason },
      { type: 'admin.added', ...stamped(OWNER), userId: OWNER },
    ]);
    expect(play.room.roles).toEqual({ ownerId: 'ada', admins: ['abe', OWNER] });
  });

  test('after a kick with a ban the old owner is not an admin', () => {
    const play = aRoom('promote', ['ada']);
    play.accept('service', 'member:kick', { userId: OWNER, banMs: 1_000 });
    expect(play.room.roles).toEqual({ ownerId: 'ada', admins: [] });
  });

  test('of the admins the one appointed first follows, seated or not', () => {
    const play = aRoom('promote', ['ada', 'abe']);
    play.accept('abe', 'seat:take', { seat: 4 });
    expect(succession(play)).toBe('ada');
  });

  test('absent admins and admins in their grace are passed over', () => {
    const play = aRoom('promote', ['gone', 'ada', 'abe']).without('gone');
    play.accept('ada', 'seat:take', { seat: 4 });
    play.accept('system', 'member:drop', session('ada'));
    expect(succession(play)).toBe('abe');
  });

  test('without an admin the user seated longest follows, moved or not, but not one who is away', () => {
    const play = aRoom('promote', ['gone']).without('gone');
    for (const [who, seat] of [
      ['away', 7],
      ['first', 6],
      ['second', 2],
    ] as const) {
      play.wait(1_000).accept(who, 'seat:take', { seat });
    }
    play.accept('system', 'member:drop', session('away'));
    play.wait(1_000).accept('first', 'seat:move', { seat: 8 });
    expect(succession(play)).toBe('first');
  });

  test('nobody follows if the only admin is seated but away', () => {
    const play = aRoom('promote', ['ada']);
    play.accept('ada', 'seat:take', { seat: 4 });
    play.accept('system', 'member:drop', session('ada'));
    expect(succession(play)).toBeNull();
    expect(play.room.roles).toEqual({ ownerId: OWNER, admins: ['ada'] });
  });

  test('requesters and listeners do not follow', () => {
    const play = aRoom('promote');
    play.accept(OWNER, 'room:update', { seatMode: 'request' });
    play.accept('bob', 'request:send');
    expect(succession(play)).toBeNull();
  });

  test('[ROLE-3] with twenty absent admins a seated member follows, and the old owner is a plain member', () => {
    const admins = Array.from({ length: limits.admins }, (_, index) => `admin-${index}`);
    const play = aRoom('promote', admins).without(...admins);
    play.accept('alice', 'seat:take', { seat: 3 });
    const { events } = play.accept(OWNER, 'member:leave', session(OWNER));
    expect(typesOf(events)).toEqual(['member.left', 'owner.changed']);
    expect(play.room.roles).toEqual({ ownerId: 'alice', admins });
  });

  test('[ROLE-3] if one of twenty admins follows, the old owner gets their place', () => {
    const admins = Array.from({ length: limits.admins }, (_, index) => `admin-${index}`);
    const play = aRoom('promote', admins);
    expect(succession(play)).toBe('admin-0');
    expect(play.room.roles.admins).toEqual([...admins.slice(1), OWNER]);
  });

  test('the end of another membership has no such consequences', () => {
    const play = aRoom('close', ['ada']);
    play.accept('ada', 'member:leave', session('ada'));
    expect(play.room.closed).toBeNull();
  });
});

describe('[ROOM-7][PRES-2] several graces end in one sweep', () => {
  /** All members are seated and drop at once; the graces of all are over. */
  function allDrop(ownerAbsent: Mode, order: readonly string[], admins: readonly string[] = []): Play {
    const play = aRoom(ownerAbsent, admins);
    for (const who of order) if (who !== OWNER) play.accept(who, 'seat:take');
    for (const who of order) play.accept('system', 'member:drop', session(who));
    return play.wait(GRACE);
  }

  test.for([[['alice', OWNER, 'bob']], [[OWNER, 'alice', 'bob']], [['alice', 'bob', OWNER]]])(
    'close, in order %j: every seat ends once, and no event follows the end of the room',
    ([order]) => {
      const { events } = allDrop('close', order as string[]).accept('system', 'room:sweep');
      expect(events.at(-1)?.type).toBe('room.closed');
      const freed = eventsOf(events, 'seat.left').map(({ userId }) => userId);
      expect(freed.sort()).toEqual(['alice', 'bob']);
      expect(eventsOf(events, 'room.closed')).toHaveLength(1);
    },
  );

  test.for([[['ada', OWNER]], [[OWNER, 'ada']]])(
    'promote, in order %j: an admin whose own grace ends in it does not follow',
    ([order]) => {
      const play = allDrop('promote', order as string[], ['ada']);
      const { events } = play.accept('system', 'room:sweep');
      expect(eventsOf(events, 'owner.changed')).toEqual([]);
      expect([play.room.roles.ownerId, play.room.away, play.places()]).toEqual([OWNER, {}, {}]);
    },
  );

  test('promote: the next admin who is in the room follows', () => {
    const play = allDrop('promote', ['ada', OWNER], ['ada', 'abe']);
    play.accept('system', 'room:sweep');
    expect(play.room.roles).toEqual({ ownerId: 'abe', admins: ['ada', OWNER] });
  });

  test('[REQ-3] requests and invitations that are also overdue end once, with the room', () => {
    const play = aRoom('close');
    play.accept(OWNER, 'room:update', { seatMode: 'request', graceMs: 300_000 });
    play.accept('bob', 'request:send');
    play.accept(OWNER, 'invite:send', { userId: 'dave' });
    play.accept('system', 'member:drop', session(OWNER));
    const { events } = play.wait(10 * MINUTE).accept('system', 'room:sweep');
    expect(typesOf(events)).toEqual([
      'member.left',
      'request.ended',
      'invite.ended',
      'room.closed',
      'requests.counted',
    ]);
    expect(eventsOf(events, 'request.ended')).toMatchObject([{ status: 'ended', reason: 'roomClosed' }]);
  });
});

describe('[PRES-1][ROOM-7] the owner’s grace', () => {
  test('they have one without seat or request, and are the owner again when they return', () => {
    const play = aRoom('close');
    expect(play.accept('system', 'member:drop', session(OWNER)).events).toEqual([
      { type: 'member.away', ...stamped('system'), userId: OWNER, until: START + GRACE, fence: 2 },
    ]);
    expect(play.wait(GRACE - 1).accept('system', 'room:sweep').events).toEqual([]);
    expect(typesOf(play.accept('system', 'member:return', session(OWNER, 3)).events)).toEqual(['member.back']);
    expect(play.wait(MINUTE).accept('system', 'room:sweep').events).toEqual([]);
    expect(play.room.closed).toBeNull();
  });

  test('a former owner has none', () => {
    const play = aRoom('close');
    play.accept(OWNER, 'owner:transfer', { userId: 'bob' });
    expect(play.accept('system', 'member:drop', session(OWNER)).events).toEqual([]);
    expect(typesOf(play.accept('system', 'member:drop', session('bob')).events)).toEqual(['member.away']);
  });
});

describe('[ROOM-7] an empty room', () => {
  test('closes as empty, and everything left on its stage ends', () => {
    const play = aRoom('keep');
    expect(play.accept('system', 'room:expire').events).toEqual([
      { type: 'room.closed', ...stamped('system'), reason: 'empty' },
    ]);
    expect([...stageUsers(play.room)]).toEqual([]);
    expect(play.refuse('system', 'room:expire')).toEqual({ code: 'ROOM_CLOSED', details: { reason: 'empty' } });
    expect(play.refuse('system', 'room:sweep').code).toBe('ROOM_CLOSED');
  });

  test('is closed for this reason by Maiwei only', () => {
    for (const who of ['alice', OWNER, 'service']) {
      expect(aRoom('keep').refuse(who, 'room:expire').code).toBe('FORBIDDEN');
    }
  });
});
