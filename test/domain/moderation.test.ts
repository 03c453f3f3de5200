// Kick, ban and silence: their events, the order of these, and their possible targets (PRES-6).
import { describe, expect, test } from 'vitest';
import { limits, stageUsers } from '../../src/domain/room.ts';
import { buildRoom, type CommandInput, eventsOf, MINUTE, OWNER, Play, START, typesOf } from '../support/domain.ts';

const stamped = (by: string) => ({ by, at: START });

/** A busy room: alice sits on 3, bob has a request, dave is invited, and there are two admins. */
function aStage(more: Parameters<typeof buildRoom>[0] = {}): Play {
  const play = new Play(buildRoom({ seatMode: 'free', admins: ['ada', 'abe'], ...more }));
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept(OWNER, 'room:update', { seatMode: 'request' });
  play.accept('bob', 'request:send');
  play.accept(OWNER, 'invite:send', { userId: 'dave' });
  return play;
}

describe('[PRES-6] kicking', () => {
  test('a speaker: the kick comes first, then the end of the seat, then that of the membership', () => {
    const play = aStage();
    expect(play.accept('ada', 'member:kick', { userId: 'alice' }).events).toEqual([
      { type: 'member.kicked', ...stamped('ada'), userId: 'alice' },
      { type: 'seat.left', ...stamped('ada'), seat: 3, userId: 'alice', reason: 'kicked' },
      { type: 'member.left', ...stamped('ada'), userId: 'alice', fence: 1, reason: 'kicked' },
    ]);
    expect([play.places(), stageUsers(play.room).has('alice')]).toEqual([{}, false]);
  });

  test('a requester and an invitee: request and invitation end as kicked, in the same version', () => {
    const play = aStage();
    expect(play.accept('ada', 'member:kick', { userId: 'bob' }).events).toEqual([
      { type: 'member.kicked', ...stamped('ada'), userId: 'bob' },
      { type: 'request.ended', ...stamped('ada'), userId: 'bob', status: 'ended', reason: 'kicked' },
      { type: 'member.left', ...stamped('ada'), userId: 'bob', fence: 1, reason: 'kicked' },
      { type: 'requests.counted', ...stamped('system'), requestCount: 0 },
    ]);
    expect(typesOf(play.accept('service', 'member:kick', { userId: 'dave' }).events)).toEqual([
      'member.kicked',
      'invite.ended',
      'member.left',
    ]);
  });

  test('a listener: only the membership ends', () => {
    const play = aStage();
    expect(typesOf(play.accept('ada', 'member:kick', { userId: 'carol' }).events)).toEqual([
      'member.kicked',
      'member.left',
    ]);
  });

  test('a member in their grace: the grace ends, and no deadline remains', () => {
    const play = aStage();
    play.accept('system', 'member:drop', { userId: 'alice', fence: 1 });
    play.accept('ada', 'member:kick', { userId: 'alice' });
    expect([play.room.away, play.places()]).toEqual([{}, {}]);
    expect(play.wait(MINUTE / 2).accept('system', 'room:sweep').events).toEqual([]);
  });

  test('with banMs both events have the end of the ban, and an admin loses the role; without it they keep it', () => {
    const play = aStage();
    const { events } = play.accept(OWNER, 'member:kick', { userId: 'ada', banMs: 5_000 });
    expect(events).toEqual([
      { type: 'admin.removed', ...stamped(OWNER), userId: 'ada' },
      { type: 'member.kicked', ...stamped(OWNER), userId: 'ada', until: START + 5_000 },
      { type: 'member.left', ...stamped(OWNER), userId: 'ada', fence: 1, reason: 'kicked', until: START + 5_000 },
    ]);
    play.accept(OWNER, 'member:kick', { userId: 'abe' });
    expect(play.room.roles.admins).toEqual(['abe']);
  });

  test('a user who is not in the room cannot be kicked or silenced', () => {
    const play = aStage().without('erin');
    expect(play.refuse('ada', 'member:kick', { userId: 'erin', banMs: 5_000 })).toEqual({
      code: 'TARGET_NOT_FOUND',
      details: { userId: 'erin' },
    });
    expect(play.refuse('ada', 'member:silence', { userId: 'erin', forMs: 1 }).code).toBe('TARGET_NOT_FOUND');
  });
});

describe('[PRES-6] banning', () => {
  test('a present admin: role, seat and membership end in this order, and the events have the end of the ban', () => {
    const play = aStage();
    play.accept('ada', 'seat:take', { seat: 5 });
    const until = START + 60_000;
    expect(play.accept(OWNER, 'member:ban', { userId: 'ada', forMs: 60_000 }).events).toEqual([
      { type: 'admin.removed', ...stamped(OWNER), userId: 'ada' },
      { type: 'member.banned', ...stamped(OWNER), userId: 'ada', until },
      { type: 'seat.left', ...stamped(OWNER), seat: 5, userId: 'ada', reason: 'banned' },
      { type: 'member.left', ...stamped(OWNER), userId: 'ada', fence: 1, reason: 'banned', until },
    ]);
    expect(play.room.roles.admins).toEqual(['abe']);
  });

  test('an absent user: no membership ends, and without forMs the ban has no end', () => {
    const play = aStage().without('erin', 'abe');
    expect(play.accept('ada', 'member:ban', { userId: 'erin' }).events).toEqual([
      { type: 'member.banned', ...stamped('ada'), userId: 'erin' },
    ]);
    expect(typesOf(play.accept(OWNER, 'member:ban', { userId: 'abe' }).events)).toEqual([
      'admin.removed',
      'member.banned',
    ]);
  });

  test('a second ban with another term has its own event, because it replaces the first', () => {
    const play = aStage().without('erin').sanctioned({ isBanned: true, bans: 1 });
    const { events } = play.accept('ada', 'member:ban', { userId: 'erin', forMs: 1 });
    expect(events).toMatchObject([{ type: 'member.banned', until: START + 1 }]);
  });
});

describe('[PRES-6] silencing', () => {
  test('has an event, and takes neither seat nor microphone', () => {
    const play = aStage();
    const before = play.room;
    expect(play.accept('ada', 'member:silence', { userId: 'alice', forMs: 60_000 }).events).toEqual([
      { type: 'member.silenced', ...stamped('ada'), userId: 'alice', until: START + 60_000 },
    ]);
    expect(play.room).toEqual(before);
  });
});

test('[PRES-6] lifting has an event if there is something to lift, and is no error otherwise', () => {
  const play = aStage().without('erin');
  expect(play.accept('ada', 'member:unban', { userId: 'erin' }).events).toEqual([]);
  expect(play.accept('ada', 'member:unsilence', { userId: 'erin' }).events).toEqual([]);
  play.sanctioned({ isBanned: true });
  expect(play.accept('ada', 'member:unban', { userId: 'erin' }).events).toEqual([
    { type: 'member.unbanned', ...stamped('ada'), userId: 'erin' },
  ]);
  expect(play.accept('ada', 'member:unsilence', { userId: 'erin' }).events).toEqual([]);
  play.sanctioned({ isSilenced: true });
  expect(play.accept('ada', 'member:unsilence', { userId: 'erin' }).events).toEqual([
    { type: 'member.unsilenced', ...stamped('ada'), userId: 'erin' },
  ]);
  expect(play.accept('ada', 'member:unban', { userId: 'erin' }).events).toEqual([]);
});

type Name = 'member:kick' | 'member:ban' | 'member:unban' | 'member:silence' | 'member:unsilence';
const all: readonly (readonly [Name, (userId: string) => CommandInput<Name>])[] = [
  ['member:kick', (userId) => ({ userId })],
  ['member:ban', (userId) => ({ userId })],
  ['member:unban', (userId) => ({ userId })],
  ['member:silence', (userId) => ({ userId, forMs: 1_000 })],
  ['member:unsilence', (userId) => ({ userId })],
];

describe.for(all)('[ROLE-1][PRES-6] %s', ([name, input]) => {
  const isLifting = name === 'member:unban' || name === 'member:unsilence';
  /** The user is banned and silenced, so that both can be lifted. */
  const play = () => aStage().sanctioned({ isBanned: isLifting, isSilenced: isLifting });

  test('admins may do it to members, the owner to admins, the service to everybody', () => {
    for (const [who, userId] of [
      ['ada', 'carol'],
      [OWNER, 'carol'],
      [OWNER, 'abe'],
      ['service', 'carol'],
      ['service', 'abe'],
      ['service', OWNER],
    ] as const) {
      expect(play().accept(who, name, input(userId) as never).events, `${who} on ${userId}`).not.toEqual([]);
    }
  });

  test('an admin may not do it to an admin or the owner, present or absent; a member to nobody', () => {
    for (const [userId, role] of [
      ['abe', 'admin'],
      [OWNER, 'owner'],
    ] as const) {
      const refusal = { code: 'TARGET_OUTRANKS', details: { userId, role } };
      expect(play().refuse('ada', name, input(userId) as never)).toEqual(refusal);
      expect(
        play()
          .without(userId)
          .refuse('ada', name, input(userId) as never),
      ).toEqual(refusal);
    }
    expect(play().refuse('alice', name, input('carol') as never).code).toBe('FORBIDDEN');
  });

  test('nobody may do it to themselves, of any rank', () => {
    for (const who of ['alice', 'ada', OWNER]) {
      expect(play().refuse(who, name, input(who) as never).code).toBe('FORBIDDEN');
    }
  });

  test('[ROOM-6] it is refused in a closed room', () => {
    const closed = play();
    closed.accept(OWNER, 'room:close');
    expect(closed.refuse('service', name, input('carol') as never).code).toBe('ROOM_CLOSED');
  });
});

describe('[PRES-6] limits', () => {
  const full = { bans: limits.sanctions, silences: limits.sanctions };
  const refusal = { code: 'QUEUE_FULL', details: { limit: 1_000 } };

  test('a full list refuses another user, and nothing else happens to them', () => {
    const play = aStage().sanctioned(full);
    const before = play.room;
    expect(play.refuse('ada', 'member:ban', { userId: 'alice' })).toEqual(refusal);
    expect(play.refuse('ada', 'member:kick', { userId: 'alice', banMs: 1 })).toEqual(refusal);
    expect(play.refuse('ada', 'member:silence', { userId: 'alice', forMs: 1 })).toEqual(refusal);
    expect(play.room).toBe(before);
    expect(eventsOf(play.accept('ada', 'member:kick', { userId: 'alice' }).events, 'member.kicked')).toHaveLength(1);
  });

  test('each list has its own limit', () => {
    const bansFull = aStage().sanctioned({ bans: limits.sanctions });
    bansFull.accept('ada', 'member:silence', { userId: 'alice', forMs: 1 });
    bansFull.refuse('ada', 'member:ban', { userId: 'alice' });
    const silencesFull = aStage().sanctioned({ silences: limits.sanctions });
    silencesFull.refuse('ada', 'member:silence', { userId: 'alice', forMs: 1 });
    silencesFull.accept('ada', 'member:ban', { userId: 'alice' });
  });

  test('one below the limit leaves room for one; a user on a full list may get another term', () => {
    const play = aStage().sanctioned({ bans: limits.sanctions - 1, silences: limits.sanctions - 1 });
    play.accept('ada', 'member:silence', { userId: 'carol', forMs: 1 });
    play.accept('ada', 'member:ban', { userId: 'carol' });
    play.sanctioned({ ...full, isSilenced: true });
    play.refuse('ada', 'member:ban', { userId: 'alice' });
    play.accept('ada', 'member:silence', { userId: 'alice', forMs: 1 });
    play.sanctioned({ ...full, isBanned: true });
    play.refuse('ada', 'member:silence', { userId: 'alice', forMs: 1 });
    play.accept('ada', 'member:ban', { userId: 'alice' });
  });
});

test('[PRES-6][ROLE-3] banning one of twenty admins makes room for another one', () => {
  const admins = Array.from({ length: limits.admins }, (_, index) => `admin-${index}`);
  const play = new Play(buildRoom({ admins }));
  expect(play.refuse(OWNER, 'admin:add', { userId: 'carol' }).code).toBe('TOO_MANY_ADMINS');
  play.accept(OWNER, 'member:ban', { userId: 'admin-7' });
  play.accept(OWNER, 'admin:add', { userId: 'carol' });
  expect(play.room.roles.admins).toEqual([...admins.filter((admin) => admin !== 'admin-7'), 'carol']);
});
