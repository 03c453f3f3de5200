// The effect of leaving, dropping, returning and deadlines on the stage (ROOM-3, PRES-1, PRES-2).
import { describe, expect, test } from 'vitest';
import { nextDeadline, type RoomState, stageUsers } from '../../src/domain/room.ts';
import {
  anOccupant,
  aSeat,
  buildRoom,
  eventsOf,
  MINUTE,
  OWNER,
  Play,
  SECOND,
  START,
  typesOf,
} from '../support/domain.ts';

const GRACE = 45 * SECOND;

/** alice sits on 3; bob and carol have requests; dave is invited. */
function fullStage(facts: Parameters<typeof buildRoom>[0] = {}): Play {
  const play = new Play(buildRoom({ admins: ['ada'], ...facts }));
  play.accept('alice', 'request:send', { seat: 3 });
  play.accept('ada', 'request:accept', { userId: 'alice' });
  for (const who of ['bob', 'carol']) play.accept(who, 'request:send');
  play.accept('ada', 'invite:send', { userId: 'dave' });
  return play;
}
const session = (userId: string, fence = 1) => ({ userId, fence });

test('[ROOM-3] leaving ends seat, request and invitation together, each with reason left', () => {
  const play = fullStage();
  const stamped = { by: 'system', at: START };
  expect(play.accept('system', 'member:leave', session('alice', 7)).events).toEqual([
    { type: 'seat.left', ...stamped, seat: 3, userId: 'alice', reason: 'left' },
    { type: 'member.left', ...stamped, userId: 'alice', fence: 7, reason: 'left' },
  ]);
  expect(play.accept('system', 'member:leave', session('bob')).events).toMatchObject([
    { type: 'request.ended', userId: 'bob', status: 'ended', reason: 'left' },
    { type: 'member.left', userId: 'bob' },
    { type: 'requests.counted', requestCount: 1 },
  ]);
  expect(play.accept('system', 'member:leave', session('dave')).events).toMatchObject([
    { type: 'invite.ended', userId: 'dave', status: 'ended', reason: 'left' },
    { type: 'member.left', userId: 'dave' },
  ]);
  expect([...stageUsers(play.room)]).toEqual([OWNER, 'carol']);
});

test('[ROOM-3] a member who leaves gets no grace, and a running grace ends', () => {
  const play = fullStage();
  play.accept('system', 'member:drop', session('alice'));
  play.accept('system', 'member:leave', session('alice', 2));
  expect(play.seat(3)).toEqual(aSeat(3));
  expect(play.room.away).toEqual({});
});

test('[ROOM-3] leaving keeps the role: an admin who left is an admin when they join again', () => {
  const play = fullStage();
  play.accept('system', 'member:leave', session('ada'));
  expect(play.room.roles.admins).toEqual(['ada']);
});

test('[PRES-1] a drop keeps the seat, shows the end of the grace, and ends the fence of the session', () => {
  const play = fullStage();
  const until = START + GRACE;
  expect(play.accept('system', 'member:drop', session('alice', 7)).events).toEqual([
    { type: 'member.away', by: 'system', at: START, userId: 'alice', until, fence: 8 },
    { type: 'seat.away', by: 'system', at: START, seat: 3, userId: 'alice', until },
  ]);
  expect(play.seat(3)).toEqual(aSeat(3, { occupant: anOccupant('alice', { awayUntil: until }) }));
  expect(play.room.away).toEqual({ alice: { until, fence: 8 } });
});

test('[PRES-1] a session that has dropped cannot drop again: its grace does not begin again', () => {
  const play = fullStage();
  play.accept('system', 'member:drop', session('alice', 7));
  expect(play.accept('system', 'member:drop', session('alice', 8)).events).toEqual([]);
});

test('[PRES-1] the grace lasts the room’s graceMs, even if that is 0', () => {
  const patient = fullStage({ graceMs: 5 * MINUTE });
  patient.accept('system', 'member:drop', session('alice'));
  expect(patient.seat(3)?.occupant?.awayUntil).toBe(START + 5 * MINUTE);

  const strict = fullStage({ graceMs: 0 });
  strict.accept('system', 'member:drop', session('alice'));
  strict.accept('system', 'room:sweep');
  expect(strict.places()).toEqual({});
});

test('[PRES-1] nobody can take a seat during the grace of its occupant, not even staff: SEAT_RESERVED', () => {
  const play = fullStage({ seatMode: 'request' });
  play.accept('system', 'member:drop', session('alice'));
  const seat = aSeat(3, { occupant: anOccupant('alice', { awayUntil: START + GRACE }) });
  expect(play.refuse('ada', 'seat:take', { seat: 3 })).toEqual({ code: 'SEAT_RESERVED', details: { seat } });
  expect(play.refuse('ada', 'request:accept', { userId: 'bob', seat: 3 }).code).toBe('SEAT_RESERVED');
  expect(play.refuse('ada', 'invite:send', { userId: 'erin', seat: 3 }).code).toBe('SEAT_RESERVED');
});

test('[PRES-1] a return in time keeps seat, microphone and position: one seat.back, no leave or join', () => {
  const play = fullStage();
  play.accept('alice', 'mic:set', { on: false });
  play.accept(OWNER, 'seat:mute', { seat: 3 });
  const before = play.room;
  play.accept('system', 'member:drop', session('alice'));
  play.wait(GRACE - 1);
  expect(play.accept('system', 'member:return', session('alice', 3)).events).toEqual([
    { type: 'member.back', by: 'system', at: play.now, userId: 'alice' },
    { type: 'seat.back', by: 'system', at: play.now, seat: 3, userId: 'alice' },
  ]);
  expect(play.room).toEqual(before);
});

test('[PRES-1] requesters and invitees have a grace, too, and keep position and invitation', () => {
  const play = fullStage();
  for (const who of ['bob', 'dave']) {
    expect(typesOf(play.accept('system', 'member:drop', session(who)).events)).toEqual(['member.away']);
  }
  play.wait(GRACE - 1);
  expect(play.accept('system', 'room:sweep').events).toEqual([]);
  expect([play.requesters(), play.invitees()]).toEqual([['bob', 'carol'], ['dave']]);
  for (const who of ['bob', 'dave']) {
    expect(typesOf(play.accept('system', 'member:return', session(who)).events)).toEqual(['member.back']);
  }
  expect(play.accept('bob', 'request:send').data).toEqual({ position: 1 });
  expect(play.accept('dave', 'invite:accept').data).toEqual({ seat: 1 });
});

test('[PRES-1] a second drop, a drop of a listener, and a return without a grace change nothing', () => {
  const play = fullStage();
  expect(play.accept('system', 'member:drop', session('erin')).events).toEqual([]);
  expect(play.accept('system', 'member:return', session('alice')).events).toEqual([]);
  play.accept('system', 'member:drop', session('alice'));
  play.wait(10 * SECOND);
  expect(play.accept('system', 'member:drop', session('alice')).events).toEqual([]);
  expect(play.room.away).toEqual({ alice: { until: START + GRACE, fence: 2 } });
});

test('[PRES-1] a user who is seated, moved or swapped during their grace is shown away on the new seat', () => {
  const play = fullStage();
  const awayUntil = START + GRACE;
  play.accept('system', 'member:drop', session('bob'));
  play.accept('ada', 'request:accept', { userId: 'bob', seat: 5 });
  expect(play.seat(5)?.occupant).toMatchObject({ userId: 'bob', awayUntil });
  play.accept('ada', 'seat:pick', { userId: 'bob', seat: 6 });
  expect(play.seat(6)?.occupant).toMatchObject({ userId: 'bob', awayUntil });
  play.accept('ada', 'seat:pick', { userId: 'alice', seat: 6, policy: 'swap' });
  expect(play.seat(3)?.occupant).toMatchObject({ userId: 'bob', awayUntil });
  expect(play.seat(6)?.occupant).toMatchObject({ userId: 'alice', awayUntil: null });
  play.accept('system', 'member:return', session('bob', 3));
  expect(play.seat(3)?.occupant?.awayUntil).toBeNull();
});

test('[PRES-1] fault elsewhere (ghosts): a user who lost the seat during the grace was never removed', () => {
  const play = fullStage();
  play.accept('system', 'member:drop', session('alice'));
  play.accept('ada', 'seat:kick', { seat: 3 });
  expect([...stageUsers(play.room)]).toContain('alice');
  expect(nextDeadline(play.room)).toBe(START + GRACE);
  play.wait(GRACE);
  expect(play.accept('system', 'room:sweep').events).toMatchObject([
    { type: 'member.left', userId: 'alice', fence: 2, reason: 'disconnected' },
  ]);
  expect([...stageUsers(play.room)]).not.toContain('alice');
});

test('[PRES-2] at the end of the grace everything ends in one version, reason disconnected', () => {
  const play = fullStage();
  for (const who of ['alice', 'bob', 'dave']) play.accept('system', 'member:drop', session(who, 4));
  play.wait(GRACE);
  const { events } = play.accept('system', 'room:sweep');
  const stamped = { by: 'system', at: START + GRACE };
  const reason = 'disconnected';
  expect(events).toEqual([
    { type: 'seat.left', ...stamped, seat: 3, userId: 'alice', reason },
    { type: 'member.left', ...stamped, userId: 'alice', fence: 5, reason },
    { type: 'request.ended', ...stamped, userId: 'bob', status: 'ended', reason },
    { type: 'member.left', ...stamped, userId: 'bob', fence: 5, reason },
    { type: 'invite.ended', ...stamped, userId: 'dave', status: 'ended', reason },
    { type: 'member.left', ...stamped, userId: 'dave', fence: 5, reason },
    { type: 'requests.counted', ...stamped, requestCount: 1 },
  ]);
  expect(play.room.away).toEqual({});
  expect(play.accept('system', 'room:sweep').events).toEqual([]);
});

test('[PRES-2] fault elsewhere (VolcEngine): a restart forgot the grace that was running', () => {
  const play = fullStage();
  play.accept('system', 'member:drop', session('alice'));
  // Another node has only the stored room and the store's clock.
  const elsewhere = new Play(JSON.parse(JSON.stringify(play.room)) as RoomState);
  expect(nextDeadline(elsewhere.room)).toBe(START + GRACE);
  elsewhere.wait(GRACE);
  expect(eventsOf(elsewhere.accept('system', 'room:sweep').events, 'seat.left')).toMatchObject([{ userId: 'alice' }]);
});

test('[PRES-2] the next deadline is the earliest of graces, invitations and requests', () => {
  const play = new Play(buildRoom());
  expect(nextDeadline(play.room)).toBeNull();
  play.accept('bob', 'request:send');
  expect(nextDeadline(play.room)).toBe(START + 10 * MINUTE);
  play.accept(OWNER, 'invite:send', { userId: 'dave' });
  expect(nextDeadline(play.room)).toBe(START + MINUTE);
  play.accept('system', 'member:drop', session('bob'));
  expect(nextDeadline(play.room)).toBe(START + GRACE);
});

test('[REQ-3] a request that is overdue at the end of its author’s grace ends once, as disconnected', () => {
  const play = fullStage();
  for (const who of ['bob', 'dave']) play.accept('system', 'member:drop', session(who));
  play.wait(10 * MINUTE);
  const { events } = play.accept('system', 'room:sweep');
  expect(eventsOf(events, 'request.ended')).toMatchObject([
    { userId: 'bob', status: 'ended', reason: 'disconnected' },
    { userId: 'carol', status: 'expired', reason: 'expired' },
  ]);
  expect(eventsOf(events, 'invite.ended')).toMatchObject([{ userId: 'dave', status: 'ended', reason: 'disconnected' }]);
});

describe('[PRES-1] an id that every JavaScript object inherits as a key is a user like any other', () => {
  test.for(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('%s', (who) => {
    const play = new Play(buildRoom({ seatMode: 'free' }));
    play.accept(who, 'seat:take', { seat: 3 });
    expect(play.accept('system', 'member:return', session(who)).events).toEqual([]);
    expect(typesOf(play.accept('system', 'member:drop', session(who)).events)).toEqual(['member.away', 'seat.away']);
    expect(play.seat(3)?.occupant?.awayUntil).toBe(START + GRACE);
    expect(nextDeadline(play.room)).toBe(START + GRACE);
    expect(typesOf(play.accept('system', 'member:return', session(who, 2)).events)).toEqual([
      'member.back',
      'seat.back',
    ]);
    play.accept('system', 'member:drop', session(who, 2));
    play.wait(GRACE).accept('system', 'room:sweep');
    expect([...stageUsers(play.room)]).toEqual([OWNER]);
    expect(play.seat(3)).toEqual(aSeat(3));
  });
});
