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

test('[SEAT-5] keep locks the seat and leaves its occupant; when they have left, nobody can take it', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('ada', 'seat:lock', { seat: 3, occupant: 'keep' });
  expect(play.seat(3)).toEqual(aSeat(3, { locked: true, occupant: anOccupant('alice') }));
  expect(play.refuse('bob', 'seat:take', { seat: 3 }).code).toBe('SEAT_LOCKED');
  play.accept('alice', 'seat:leave');
  expect(play.refuse('alice', 'seat:take', { seat: 3 }).code).toBe('SEAT_LOCKED');
});

test('[SEAT-5] fail refuses to lock an occupied seat and shows it, but locks a free one', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.refuse('ada', 'seat:lock', { seat: 3, occupant: 'fail' })).toEqual({
    code: 'SEAT_TAKEN',
    details: { seat: aSeat(3, { occupant: anOccupant('alice') }) },
  });
  play.accept('ada', 'seat:lock', { seat: 4, occupant: 'fail' });
  expect(play.seat(4)?.locked).toBe(true);
});

test('[SEAT-5] a second lock evicts the occupant that the first one kept', () => {
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
  // The request now asks for "any seat", so it can still be accepted.
  expect(play.accept('ada', 'request:accept', { userId: 'alice' }).data).toEqual({ seat: 1 });
});

test('[SEAT-5] fault elsewhere (FLY): an admin locked a seat under the owner, because the rank had been read too early', () => {
  const play = freeRoom();
  play.accept(OWNER, 'seat:take', { seat: 3 });
  // The admin saw the seat empty, but the occupant at the time of the decision counts.
  expect(play.refuse('ada', 'seat:lock', { seat: 3 })).toEqual({
    code: 'TARGET_OUTRANKS',
    details: { userId: OWNER, role: 'owner' },
  });
  expect(play.seat(3)).toEqual(aSeat(3, { occupant: anOccupant(OWNER) }));
});

test('[SEAT-6] lock, unlock, mute and unmute have one event; a repetition has none', () => {
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

test('[SEAT-6] locked and hostMuted are independent of each other', () => {
  const play = freeRoom();
  play.accept('ada', 'seat:mute', { seat: 3 });
  play.accept('ada', 'seat:lock', { seat: 3 });
  expect(play.seat(3)).toEqual(aSeat(3, { locked: true, hostMuted: true }));
  play.accept('ada', 'seat:unlock', { seat: 3 });
  expect(play.seat(3)).toEqual(aSeat(3, { hostMuted: true }));
});

test('[SEAT-6] every control of a seat that does not exist is SEAT_NOT_FOUND', () => {
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

test('[SEAT-6] fault elsewhere (Easemob): a mute by the host overwrote the occupant’s own choice', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('ada', 'seat:mute', { seat: 3 });
  expect(play.seat(3)?.occupant?.selfMuted).toBe(false);
  // The occupant may open and close the microphone while the seat is muted. This does not lift the mute.
  play.accept('alice', 'mic:set', { on: false });
  play.accept('alice', 'mic:set', { on: true });
  expect(play.seat(3)).toEqual(aSeat(3, { hostMuted: true, occupant: anOccupant('alice') }));
  expect(maySpeak(play.room, 'alice')).toBe(false);
  play.accept('ada', 'seat:unmute', { seat: 3 });
  expect(maySpeak(play.room, 'alice')).toBe(true);
});

test('[SEAT-6] an empty seat may be muted, and its next occupant is then muted by the host', () => {
  const play = freeRoom();
  play.accept('ada', 'seat:mute', { seat: 3 });
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.seat(3)).toEqual(aSeat(3, { hostMuted: true, occupant: anOccupant('alice') }));
});

test('[SEAT-6] fault elsewhere (RongCloud): a mute was lost when the user who had set it left', () => {
  const play = freeRoom();
  play.accept('ada', 'seat:mute', { seat: 3 });
  play.accept('system', 'member:leave', { userId: 'ada', fence: 1 });
  play.accept(OWNER, 'admin:remove', { userId: 'ada' });
  expect(play.seat(3)?.hostMuted).toBe(true);
});

test('[SEAT-8] seats:lock locks all seats except the owner’s in one version, and evicts nobody', () => {
  const play = freeRoom(4);
  play.accept('alice', 'seat:take', { seat: 2 });
  const { events } = play.accept('ada', 'seats:lock');
  expect(eventsOf(events, 'seat.locked').map(({ seat }) => seat)).toEqual([1, 2, 3]);
  expect(typesOf(events)).not.toContain('seat.left');
  expect(play.room.seats.map(({ locked }) => locked)).toEqual([false, true, true, true]);
  expect(play.places()).toEqual({ alice: 2 });
  expect(play.accept('ada', 'seats:lock').events).toEqual([]);
});

test('[SEAT-8] seats:lock changes requests and invitations in the same way as a single lock', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3 });
  play.accept(OWNER, 'invite:send', { userId: 'carol', seat: 4 });
  play.accept(OWNER, 'invite:send', { userId: 'dave' });
  play.accept('ada', 'seats:lock');
  expect(play.room.requests).toMatchObject([{ userId: 'alice', seat: null }]);
  expect(play.invitees()).toEqual(['dave']);
});

test('[SEAT-8] seats:mute, seats:unmute and seats:unlock pass over seats that are already so', () => {
  const play = freeRoom(4);
  play.accept('ada', 'seat:mute', { seat: 2 });
  expect(eventsOf(play.accept('ada', 'seats:mute').events, 'seat.muted').map(({ seat }) => seat)).toEqual([1, 3]);
  play.accept('ada', 'seat:unmute', { seat: 1 });
  expect(eventsOf(play.accept('ada', 'seats:unmute').events, 'seat.unmuted').map(({ seat }) => seat)).toEqual([2, 3]);
  play.accept('ada', 'seat:lock', { seat: 3 });
  expect(eventsOf(play.accept('ada', 'seats:unlock').events, 'seat.unlocked').map(({ seat }) => seat)).toEqual([3]);
  expect(play.room.seats).toEqual([0, 1, 2, 3].map((seat) => aSeat(seat)));
});

test('[SEAT-8] the owner’s seat is passed over, wherever it is, by the service too', () => {
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

test('[SEAT-9] a member on the owner seat does not let an admin control it, but may be kicked from it', () => {
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

test('[ROLE-2] an admin who sits on the owner seat can lift the mute of it', () => {
  const play = freeRoom();
  play.accept(OWNER, 'seat:take', { seat: 0 });
  play.accept(OWNER, 'owner:transfer', { userId: 'bob' });
  play.accept('bob', 'seat:mute', { seat: 0 });
  expect(play.accept(OWNER, 'seat:unmute', { seat: 0 }).events).toHaveLength(1);
});
