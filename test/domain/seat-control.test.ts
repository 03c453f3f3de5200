// Locking and muting seats, one or all (SEAT-5, SEAT-6, SEAT-8, SEAT-9).
import { expect, test } from 'vitest';
import { maySpeak } from '../../src/domain/room.ts';
import { anOccupant, aSeat, buildRoom, eventsOf, OWNER, Play, START, typesOf } from '../support/domain.ts';

const freeRoom = (seatCount = 9) => new Play(buildRoom({ seatMode: 'free', seatCount, admins: ['ada', 'abe'] }));
const requestRoom = () => new Play(buildRoom({ seatMode: 'request', admins: ['ada'] }));

test('[SEAT-5] locking an occupied seat evicts by default, in the same version', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.accept('ada', 'seat:lock', { seat: 3 }).events).toEqual([
    { type: 'seat.left', by: 'ada', at: START, seat: 3, userId: 'alice', reason: 'locked' },
    { type: 'seat.locked', by: 'ada', at: START, seat: 3 },
  ]);
  expect(play.seat(3)).toEqual(aSeat(3, { locked: true }));
});

test('[SEAT-5] keep locks around the occupant; once he leaves nobody sits down', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('ada', 'seat:lock', { seat: 3, occupant: 'keep' });
  expect(play.seat(3)).toEqual(aSeat(3, { locked: true, occupant: anOccupant('alice') }));
  expect(play.refuse('bob', 'seat:take', { seat: 3 }).code).toBe('SEAT_LOCKED');
  play.accept('alice', 'seat:leave');
  expect(play.refuse('alice', 'seat:take', { seat: 3 }).code).toBe('SEAT_LOCKED');
});

test('[SEAT-5] fail refuses an occupied seat, shows it, and locks a free one', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.refuse('ada', 'seat:lock', { seat: 3, occupant: 'fail' })).toEqual({
    code: 'SEAT_TAKEN',
    details: { seat: aSeat(3, { occupant: anOccupant('alice') }) },
  });
  play.accept('ada', 'seat:lock', { seat: 4, occupant: 'fail' });
  expect(play.seat(4)?.locked).toBe(true);
});

test('[SEAT-5] locking again evicts whom the first lock kept', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('ada', 'seat:lock', { seat: 3, occupant: 'keep' });
  expect(typesOf(play.accept('ada', 'seat:lock', { seat: 3 }).events)).toEqual(['seat.left']);
  expect(play.seat(3)).toEqual(aSeat(3, { locked: true }));
});

test('[SEAT-5] fault elsewhere (agora-ent-scenarios): a lock left requests and invitations to the seat dangling', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3 });
  play.accept('bob', 'request:send', { seat: 4 });
  play.accept(OWNER, 'invite:send', { userId: 'carol', seat: 3 });
  play.accept(OWNER, 'invite:send', { userId: 'dave', seat: 4 });
  const { events } = play.accept('ada', 'seat:lock', { seat: 3 });
  expect(typesOf(events)).toEqual(['seat.locked', 'invite.ended', 'request.updated']);
  expect(eventsOf(events, 'invite.ended')).toMatchObject([{ userId: 'carol', status: 'ended', reason: 'locked' }]);
  expect(play.room.requests.map(({ userId, seat }) => [userId, seat])).toEqual([
    ['alice', null],
    ['bob', 4],
  ]);
  expect(play.invitees()).toEqual(['dave']);
  expect(play.refuse('carol', 'invite:accept').code).toBe('INVITE_NOT_FOUND');
  // Her wish has become "any seat", so she is served all the same.
  expect(play.accept('ada', 'request:accept', { userId: 'alice' }).data).toEqual({ seat: 1 });
});

test('[SEAT-5] fault elsewhere (FLY): an admin locked the owner off a seat by a rank that was read before', () => {
  const play = freeRoom();
  play.accept(OWNER, 'seat:take', { seat: 3 });
  // The admin saw the seat empty; what counts is who sits there when the lock is judged.
  expect(play.refuse('ada', 'seat:lock', { seat: 3 })).toEqual({
    code: 'TARGET_OUTRANKS',
    details: { userId: OWNER, role: 'owner' },
  });
  expect(play.seat(3)).toEqual(aSeat(3, { occupant: anOccupant(OWNER) }));
});

test('[SEAT-6] lock, unlock, mute and unmute are told once; repeating what holds makes no event', () => {
  const play = freeRoom();
  const steps = [
    ['seat:lock', 'seat.locked'],
    ['seat:mute', 'seat.muted'],
    ['seat:unlock', 'seat.unlocked'],
    ['seat:unmute', 'seat.unmuted'],
  ] as const;
  for (const [name, type] of steps) {
    expect(play.accept('ada', name, { seat: 3 }).events).toEqual([{ type, by: 'ada', at: START, seat: 3 }]);
    expect(play.accept('ada', name, { seat: 3 }).events).toEqual([]);
  }
  expect(play.seat(3)).toEqual(aSeat(3));
});

test('[SEAT-6] locked and hostMuted do not touch each other', () => {
  const play = freeRoom();
  play.accept('ada', 'seat:mute', { seat: 3 });
  play.accept('ada', 'seat:lock', { seat: 3 });
  expect(play.seat(3)).toEqual(aSeat(3, { locked: true, hostMuted: true }));
  play.accept('ada', 'seat:unlock', { seat: 3 });
  expect(play.seat(3)).toEqual(aSeat(3, { hostMuted: true }));
});

test('[SEAT-6] every control of a seat that the room has not got is SEAT_NOT_FOUND', () => {
  const play = freeRoom(4);
  for (const name of ['seat:lock', 'seat:unlock', 'seat:mute', 'seat:unmute'] as const) {
    expect(play.refuse(OWNER, name, { seat: 4 })).toEqual({ code: 'SEAT_NOT_FOUND', details: { seatCount: 4 } });
  }
});

test('[SEAT-6] fault elsewhere (Easemob): unmuting by a host opened the microphone', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('alice', 'mic:set', { on: false });
  play.accept('ada', 'seat:mute', { seat: 3 });
  play.accept('ada', 'seat:unmute', { seat: 3 });
  expect(play.seat(3)).toEqual(aSeat(3, { occupant: anOccupant('alice', { selfMuted: true }) }));
});

test('[SEAT-6] fault elsewhere (Easemob): a mute by the host overwrote what the occupant had chosen', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('ada', 'seat:mute', { seat: 3 });
  expect(play.seat(3)?.occupant?.selfMuted).toBe(false);
  // Opening and closing his microphone is his own affair, also while the seat is muted; it does not lift the mute.
  play.accept('alice', 'mic:set', { on: false });
  play.accept('alice', 'mic:set', { on: true });
  expect(play.seat(3)).toEqual(aSeat(3, { hostMuted: true, occupant: anOccupant('alice') }));
  expect(maySpeak(play.room, 'alice')).toBe(false);
  play.accept('ada', 'seat:unmute', { seat: 3 });
  expect(maySpeak(play.room, 'alice')).toBe(true);
});

test('[SEAT-6] an empty seat may be muted, and whoever sits down there is muted by the host', () => {
  const play = freeRoom();
  play.accept('ada', 'seat:mute', { seat: 3 });
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.seat(3)).toEqual(aSeat(3, { hostMuted: true, occupant: anOccupant('alice') }));
});

test('[SEAT-6] fault elsewhere (RongCloud): a mute was lost when the one who had set it went', () => {
  const play = freeRoom();
  play.accept('ada', 'seat:mute', { seat: 3 });
  play.accept('system', 'member:leave', { userId: 'ada', fence: 1 });
  play.accept(OWNER, 'admin:remove', { userId: 'ada' });
  expect(play.seat(3)?.hostMuted).toBe(true);
});

test('[SEAT-8] seats:lock locks all but the owner seat in one version and evicts nobody', () => {
  const play = freeRoom(4);
  play.accept('alice', 'seat:take', { seat: 2 });
  const { events } = play.accept('ada', 'seats:lock');
  expect(eventsOf(events, 'seat.locked').map(({ seat }) => seat)).toEqual([1, 2, 3]);
  expect(typesOf(events)).not.toContain('seat.left');
  expect(play.room.seats.map(({ locked }) => locked)).toEqual([false, true, true, true]);
  expect(play.places()).toEqual({ alice: 2 });
  expect(play.accept('ada', 'seats:lock').events).toEqual([]);
});

test('[SEAT-8] seats:lock settles requests and invitations like a single lock', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3 });
  play.accept(OWNER, 'invite:send', { userId: 'carol', seat: 4 });
  play.accept(OWNER, 'invite:send', { userId: 'dave' });
  play.accept('ada', 'seats:lock');
  expect(play.room.requests).toMatchObject([{ userId: 'alice', seat: null }]);
  expect(play.invitees()).toEqual(['dave']);
});

test('[SEAT-8] seats:mute, seats:unmute and seats:unlock pass over what holds already', () => {
  const play = freeRoom(4);
  play.accept('ada', 'seat:mute', { seat: 2 });
  expect(eventsOf(play.accept('ada', 'seats:mute').events, 'seat.muted').map(({ seat }) => seat)).toEqual([1, 3]);
  play.accept('ada', 'seat:unmute', { seat: 1 });
  expect(eventsOf(play.accept('ada', 'seats:unmute').events, 'seat.unmuted').map(({ seat }) => seat)).toEqual([2, 3]);
  play.accept('ada', 'seat:lock', { seat: 3 });
  expect(eventsOf(play.accept('ada', 'seats:unlock').events, 'seat.unlocked').map(({ seat }) => seat)).toEqual([3]);
  expect(play.room.seats).toEqual([0, 1, 2, 3].map((seat) => aSeat(seat)));
});

test('[SEAT-8] the owner is left alone wherever he sits, by the service too', () => {
  const play = freeRoom(4);
  play.accept(OWNER, 'seat:take', { seat: 2 });
  play.accept('service', 'seats:mute');
  expect(play.room.seats.map(({ hostMuted }) => hostMuted)).toEqual([false, true, false, true]);
});

test('[SEAT-8] an admin passes over other admins, the owner does not', () => {
  const play = freeRoom(4);
  play.accept('ada', 'seat:take', { seat: 1 });
  play.accept('abe', 'seat:take', { seat: 2 });
  play.accept('ada', 'seats:mute');
  expect(play.room.seats.map(({ hostMuted }) => hostMuted)).toEqual([false, true, false, true]);
  play.accept(OWNER, 'seats:mute');
  expect(play.room.seats.map(({ hostMuted }) => hostMuted)).toEqual([false, true, true, true]);
});

test('[SEAT-9] the empty owner seat is the owner’s: an admin cannot lock, unlock, mute or unmute it', () => {
  const play = freeRoom();
  const refusal = { code: 'TARGET_OUTRANKS', details: { userId: OWNER, role: 'owner' } };
  for (const name of ['seat:lock', 'seat:unlock', 'seat:mute', 'seat:unmute'] as const) {
    expect(play.refuse('ada', name, { seat: 0 })).toEqual(refusal);
  }
  expect(play.seat(0)).toEqual(aSeat(0));
});

test('[SEAT-9] the owner and the service control the empty owner seat', () => {
  const play = freeRoom();
  play.accept(OWNER, 'seat:mute', { seat: 0 });
  play.accept('service', 'seat:lock', { seat: 0 });
  expect(play.seat(0)).toEqual(aSeat(0, { locked: true, hostMuted: true }));
});

test('[SEAT-9] who still sits on the owner seat gives an admin no hold over it; the seat itself may be emptied', () => {
  const play = freeRoom();
  play.accept(OWNER, 'seat:take', { seat: 0 });
  play.accept(OWNER, 'owner:transfer', { userId: 'bob' });
  play.accept('bob', 'admin:remove', { userId: OWNER });
  expect(play.places()).toEqual({ [OWNER]: 0 });
  for (const name of ['seat:lock', 'seat:mute'] as const) {
    expect(play.refuse('ada', name, { seat: 0 }).code).toBe('TARGET_OUTRANKS');
  }
  play.accept('ada', 'seat:kick', { seat: 0 });
  expect(play.accept('bob', 'seat:take').data).toEqual({ seat: 0 });
});

test('[ROLE-2] an admin who sits on the owner seat opens his own mic again', () => {
  const play = freeRoom();
  play.accept(OWNER, 'seat:take', { seat: 0 });
  play.accept(OWNER, 'owner:transfer', { userId: 'bob' });
  play.accept('bob', 'seat:mute', { seat: 0 });
  expect(play.accept(OWNER, 'seat:unmute', { seat: 0 }).events).toHaveLength(1);
});
