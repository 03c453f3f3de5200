// Requests for a seat and decisions on them (REQ-1, REQ-2, REQ-3, REQ-4).
import { expect, test } from 'vitest';
import { limits, queueOrder } from '../../src/domain/room.ts';
import {
  aMember,
  anOccupant,
  aSeat,
  buildRoom,
  eventsOf,
  MINUTE,
  OWNER,
  Play,
  START,
  typesOf,
} from '../support/domain.ts';

const requestRoom = (facts: Parameters<typeof buildRoom>[0] = {}) =>
  new Play(buildRoom({ seatMode: 'request', admins: ['ada', 'abe'], ...facts }));

/** A room of three seats in which the two admins have 1 and 2: no seat is free for members. */
function fullRoom(seatMode: 'request' | 'free'): Play {
  const play = requestRoom({ seatMode, seatCount: 3 });
  play.accept('ada', 'seat:take');
  play.accept('abe', 'seat:take');
  return play;
}

test('[REQ-1] a request is kept with all fields and its deadline, and answered with its position', () => {
  const play = requestRoom();
  const { userId, name, avatar, rtcUid } = aMember('alice');
  const { events, data } = play.accept(aMember('alice', { level: 7 }), 'request:send', { seat: 3, note: 'hello' });
  const expiresAt = START + 10 * MINUTE;
  const request = { userId, name, avatar, rtcUid, level: 7, seat: 3, note: 'hello', at: START, expiresAt };
  expect(events).toEqual([
    { type: 'request.added', by: 'alice', at: START, request },
    { type: 'requests.counted', by: 'system', at: START, requestCount: 1 },
  ]);
  expect(data).toEqual({ position: 1 });
});

test('[REQ-1] fault elsewhere (Easemob): the newest request was served first', () => {
  const play = requestRoom();
  const positions = ['alice', 'bob', 'carol'].map((who) => play.wait(1).accept(who, 'request:send').data);
  expect(positions).toEqual([{ position: 1 }, { position: 2 }, { position: 3 }]);
  expect(queueOrder(play.room).map(({ userId }) => userId)).toEqual(['alice', 'bob', 'carol']);
});

test('[REQ-1] priority sorts levels first and keeps the order of arrival among equals', () => {
  const play = requestRoom({ priority: true });
  play.accept(aMember('alice', { level: 1 }), 'request:send');
  play.accept(aMember('bob', { level: 5 }), 'request:send');
  expect(play.accept(aMember('carol', { level: 5 }), 'request:send').data).toEqual({ position: 2 });
  expect(queueOrder(play.room).map(({ userId }) => userId)).toEqual(['bob', 'carol', 'alice']);
  play.accept(OWNER, 'room:update', { priority: false });
  expect(queueOrder(play.room).map(({ userId }) => userId)).toEqual(['alice', 'bob', 'carol']);
});

test('[REQ-1] a repeated request is the same one: same position, same deadline, no event', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3 });
  play.accept('bob', 'request:send');
  const again = play.wait(MINUTE).accept('alice', 'request:send');
  expect(again).toMatchObject({ events: [], data: { position: 1 } });
  expect(play.requesters()).toEqual(['alice', 'bob']);
  expect(play.room.requests[0]).toMatchObject({ seat: 3, at: START, expiresAt: START + 10 * MINUTE });
});

test('[REQ-1] a repeated request may name another seat or note and keeps its position', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3, note: 'please' });
  play.accept('bob', 'request:send');
  const again = play.accept('alice', 'request:send', { seat: 5 });
  expect(typesOf(again.events)).toEqual(['request.updated']);
  expect(again.data).toEqual({ position: 1 });
  expect(play.room.requests[0]).toMatchObject({ userId: 'alice', seat: 5, note: 'please' });
});

test('[REQ-1] a request repeated after the deadline is a new one', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3, note: 'old' });
  play.accept('bob', 'request:send');
  play.wait(10 * MINUTE);
  const again = play.accept('alice', 'request:send');
  expect(typesOf(again.events)).toEqual(['request.ended', 'request.added']);
  expect(eventsOf(again.events, 'request.ended')).toMatchObject([{ userId: 'alice', status: 'expired' }]);
  expect(again.data).toEqual({ position: 2 });
  expect(play.room.requests.at(-1)).toMatchObject({
    userId: 'alice',
    seat: null,
    note: '',
    expiresAt: play.now + 10 * MINUTE,
  });
});

test('[REQ-1] the queue is full at its limit, for newcomers only', () => {
  const play = requestRoom();
  for (let index = 0; index < limits.requestsPending; index++) play.accept(`user-${index}`, 'request:send');
  expect(limits.requestsPending).toBe(100);
  expect(play.refuse('alice', 'request:send')).toEqual({ code: 'QUEUE_FULL', details: { limit: 100 } });
  expect(play.accept('user-5', 'request:send', { seat: 4 }).data).toEqual({ position: 6 });
  play.accept('user-0', 'request:cancel');
  expect(play.accept('alice', 'request:send').data).toEqual({ position: 100 });
});

test('[REQ-1] a seated user cannot send a request', () => {
  const play = requestRoom();
  play.accept('ada', 'seat:take', { seat: 3 });
  expect(play.refuse('ada', 'request:send')).toEqual({
    code: 'ALREADY_SEATED',
    details: { seat: aSeat(3, { occupant: anOccupant('ada') }) },
  });
});

test('[REQ-1] in free mode a requester gets a free seat at once; without one the request waits', () => {
  const play = requestRoom({ seatMode: 'free' });
  const { events, data } = play.accept('alice', 'request:send', { seat: 4 });
  expect(typesOf(events)).toEqual(['seat.taken']);
  expect(eventsOf(events, 'seat.taken')).toMatchObject([{ via: 'request', seat: 4 }]);
  expect(data).toEqual({ seat: 4 });

  const full = fullRoom('free');
  expect(full.accept('alice', 'request:send').data).toEqual({ position: 1 });
  full.accept('abe', 'seat:leave');
  expect(full.accept('alice', 'request:send').data).toEqual({ seat: 2 });
  expect(full.requesters()).toEqual([]);
});

test('[REQ-1] in invite mode nobody can send a request', () => {
  const play = requestRoom({ seatMode: 'invite' });
  expect(play.refuse('alice', 'request:send').code).toBe('INVITE_REQUIRED');
  expect(play.refuse('ada', 'request:send').code).toBe('INVITE_REQUIRED');
});

test('[REQ-1] a request may name a taken seat, even one in a grace, but no locked, missing or reserved one', () => {
  const play = requestRoom();
  play.accept('ada', 'seat:take', { seat: 3 });
  play.accept('abe', 'seat:take', { seat: 5 });
  play.accept('system', 'member:drop', { userId: 'abe', fence: 1 });
  play.accept(OWNER, 'seat:lock', { seat: 4 });
  expect(play.refuse('alice', 'request:send', { seat: 4 }).code).toBe('SEAT_LOCKED');
  expect(play.refuse('alice', 'request:send', { seat: 9 }).code).toBe('SEAT_NOT_FOUND');
  expect(play.refuse('alice', 'request:send', { seat: 0 }).code).toBe('SEAT_RESERVED');
  expect(play.requesters()).toEqual([]);
  play.accept('alice', 'request:send', { seat: 3 });
  play.accept('bob', 'request:send', { seat: 5 });
  play.accept(OWNER, 'request:send', { seat: 0 });
  expect(play.room.requests.map(({ seat }) => seat)).toEqual([3, 5, 0]);
});

test('[REQ-2] fault elsewhere (AUIKit, ZEGO): accepting and seating were two steps, and the second could be missing', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3 });
  const { events, data } = play.wait(5).accept('ada', 'request:accept', { userId: 'alice' });
  const stamped = { by: 'ada', at: START + 5 };
  expect(events).toEqual([
    { type: 'seat.taken', ...stamped, seat: 3, occupant: anOccupant('alice', { since: START + 5 }), via: 'request' },
    { type: 'request.ended', ...stamped, userId: 'alice', status: 'accepted' },
    { type: 'requests.counted', ...stamped, by: 'system', requestCount: 0 },
  ]);
  expect(data).toEqual({ seat: 3 });
});

test('[REQ-2] a requester whose preferred seat is taken gets any free one', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3 });
  play.accept('ada', 'seat:take', { seat: 3 });
  expect(play.accept('ada', 'request:accept', { userId: 'alice' }).data).toEqual({ seat: 1 });
});

test('[REQ-2] without a free seat the request keeps its position', () => {
  const play = fullRoom('request');
  play.accept('alice', 'request:send');
  expect(play.refuse('ada', 'request:accept', { userId: 'alice' }).code).toBe('NO_FREE_SEAT');
  expect(play.requesters()).toEqual(['alice']);
  play.accept('abe', 'seat:leave');
  expect(play.accept('ada', 'request:accept', { userId: 'alice' }).data).toEqual({ seat: 2 });
});

test('[REQ-2] a seat that staff name is not replaced by another: if it is taken, the request stays pending', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3 });
  play.accept('ada', 'seat:take', { seat: 5 });
  expect(play.refuse('abe', 'request:accept', { userId: 'alice', seat: 5 }).code).toBe('SEAT_TAKEN');
  expect(play.refuse('abe', 'request:accept', { userId: 'alice', seat: 0 }).code).toBe('SEAT_RESERVED');
  expect(play.requesters()).toEqual(['alice']);
  expect(play.accept('abe', 'request:accept', { userId: 'alice', seat: 6 }).data).toEqual({ seat: 6 });
});

test('[REQ-2] cancelling and rejecting end the request; a rejection may have a note', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send');
  play.accept('bob', 'request:send');
  expect(play.accept('alice', 'request:cancel').events).toEqual([
    { type: 'request.ended', by: 'alice', at: START, userId: 'alice', status: 'cancelled' },
    { type: 'requests.counted', by: 'system', at: START, requestCount: 1 },
  ]);
  expect(play.accept('ada', 'request:reject', { userId: 'bob', note: 'later' }).events).toEqual([
    { type: 'request.ended', by: 'ada', at: START, userId: 'bob', status: 'rejected', note: 'later' },
    { type: 'requests.counted', by: 'system', at: START, requestCount: 0 },
  ]);
});

test('[REQ-3] fault elsewhere: two admins decided the same request', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send');
  play.accept('ada', 'request:accept', { userId: 'alice' });
  const processed = { code: 'REQUEST_ALREADY_PROCESSED', details: { by: 'ada', status: 'accepted' } };
  expect(play.refuse('abe', 'request:reject', { userId: 'alice' })).toEqual(processed);
  expect(play.refuse('abe', 'request:accept', { userId: 'alice' })).toEqual(processed);
  expect(play.places()).toEqual({ alice: 1 });
});

test('[REQ-3] a second decision is answered with the first ending and its operator, for every ending', () => {
  const answerAfter = (end: (play: Play) => unknown) => {
    const play = requestRoom();
    play.accept('alice', 'request:send');
    end(play);
    return play.refuse('abe', 'request:accept', { userId: 'alice' }).details;
  };
  expect(answerAfter((play) => play.accept('ada', 'request:reject', { userId: 'alice' }))).toEqual({
    by: 'ada',
    status: 'rejected',
  });
  expect(answerAfter((play) => play.accept('alice', 'request:cancel'))).toEqual({ by: 'alice', status: 'cancelled' });
  expect(answerAfter((play) => play.accept('system', 'member:leave', { userId: 'alice', fence: 1 }))).toEqual({
    by: 'system',
    status: 'ended',
  });
  expect(answerAfter((play) => play.accept(OWNER, 'room:update', { seatMode: 'free' }))).toEqual({
    by: OWNER,
    status: 'ended',
  });
  expect(answerAfter((play) => play.wait(10 * MINUTE).accept('system', 'room:sweep'))).toEqual({
    by: 'system',
    status: 'expired',
  });
});

test('[REQ-3] without a request the answer is REQUEST_NOT_FOUND; outcomes are forgotten after ten minutes', () => {
  const play = requestRoom();
  expect(play.refuse('ada', 'request:accept', { userId: 'alice' }).code).toBe('REQUEST_NOT_FOUND');
  expect(play.refuse('alice', 'request:cancel').code).toBe('REQUEST_NOT_FOUND');
  play.accept('alice', 'request:send');
  play.accept('alice', 'request:cancel');
  play.wait(10 * MINUTE - 1);
  expect(play.refuse('ada', 'request:reject', { userId: 'alice' }).code).toBe('REQUEST_ALREADY_PROCESSED');
  play.wait(1);
  expect(play.refuse('ada', 'request:reject', { userId: 'alice' }).code).toBe('REQUEST_NOT_FOUND');
});

test('[REQ-3] a request is over at its deadline, even if it is not swept yet', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send');
  play.wait(10 * MINUTE - 1);
  expect(play.accept('system', 'room:sweep').events).toEqual([]);
  play.wait(1);
  const expired = { code: 'REQUEST_ALREADY_PROCESSED', details: { by: 'system', status: 'expired' } };
  expect(play.refuse('ada', 'request:accept', { userId: 'alice' })).toEqual(expired);
  expect(play.refuse('ada', 'request:reject', { userId: 'alice' })).toEqual(expired);
  expect(play.refuse('alice', 'request:cancel')).toEqual(expired);
  const swept = play.accept('system', 'room:sweep');
  expect(eventsOf(swept.events, 'request.ended')).toMatchObject([
    { userId: 'alice', status: 'expired', reason: 'expired', by: 'system' },
  ]);
});

test('[REQ-3] the remembered outcomes are bounded: ten minutes, one per user, a limit in all', () => {
  const play = requestRoom();
  for (let round = 0; round < 30; round++) {
    play.wait(MINUTE);
    play.accept(`user-${round}`, 'request:send');
    play.accept(`user-${round}`, 'request:cancel');
    play.accept('alice', 'request:send');
    play.accept('alice', 'request:cancel');
  }
  expect(play.room.outcomes).toHaveLength(11);
  for (let index = 0; index < 2 * limits.outcomesRemembered; index++) {
    play.accept(`guest-${index}`, 'request:send');
    play.accept(`guest-${index}`, 'request:cancel');
  }
  expect(play.room.outcomes).toHaveLength(limits.outcomesRemembered);
});

test('[REQ-4] fault elsewhere (LiveKit): a count was incremented and decremented until it was wrong', () => {
  const play = requestRoom();
  const counts = [
    play.accept('alice', 'request:send'),
    play.accept('bob', 'request:send'),
    play.accept('bob', 'request:send', { seat: 4 }),
    play.accept('system', 'member:leave', { userId: 'alice', fence: 1 }),
    play.accept('system', 'member:leave', { userId: 'alice', fence: 1 }),
    play.accept('ada', 'request:accept', { userId: 'bob' }),
  ].map(({ events }) => eventsOf(events, 'requests.counted').map(({ requestCount }) => requestCount));
  expect(counts).toEqual([[1], [2], [], [1], [], [0]]);
});
