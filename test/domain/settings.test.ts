// Creating a room, changing its settings, closing it (ROOM-1, ROOM-4, ROOM-6).
import { expect, test } from 'vitest';
import { commandSchemas } from '../../src/protocol/commands.ts';
import { aSeat, buildRoom, eventsOf, OWNER, Play, START, typesOf } from '../support/domain.ts';

test('[ROOM-1] a new room has the defaults of SPEC', () => {
  const room = buildRoom();
  expect(room.settings).toEqual({
    title: 'A room',
    notice: '',
    cover: null,
    category: null,
    tags: [],
    ownerSeat: 0,
    seatMode: 'request',
    chat: 'all',
    capacity: 100_000,
    hasPassword: false,
    ownerAbsent: 'keep',
    emptyMs: 300_000,
    graceMs: 45_000,
    priority: false,
    createdAt: START,
  });
  expect(room.roles).toEqual({ ownerId: OWNER, admins: [] });
  expect(room.seats).toHaveLength(9);
  expect(room.closed).toBeNull();
});

test('[ROOM-1] all settings of room:create are kept, the password only as a hash', () => {
  const wanted = {
    title: 'Night talk',
    notice: 'Be kind',
    cover: 'https://img.example/cover.png',
    category: '情感',
    tags: ['late', '夜'],
    seatMode: 'free',
    ownerSeat: 2,
    chat: 'seated',
    capacity: 50,
    ownerAbsent: 'promote',
    emptyMs: 0,
    graceMs: 1_000,
    priority: true,
  } satisfies Parameters<typeof buildRoom>[0];
  const room = buildRoom({ ...wanted, seatCount: 4, passwordHash: 'hash' });
  expect(room.settings).toEqual({ ...wanted, hasPassword: true, createdAt: START });
  expect(room.secrets).toEqual({ passwordHash: 'hash' });
  expect(room.seats).toEqual([0, 1, 2, 3].map((seat) => aSeat(seat)));
});

test('[ROOM-1] an owner seat that the room does not have means no owner seat', () => {
  expect(buildRoom({ seatCount: 4, ownerSeat: 4 }).settings.ownerSeat).toBeNull();
  expect(buildRoom({ seatCount: 4, ownerSeat: 3 }).settings.ownerSeat).toBe(3);
  expect(buildRoom({ seatCount: 0 }).settings.ownerSeat).toBeNull();
  expect(buildRoom({ ownerSeat: null }).settings.ownerSeat).toBeNull();
});

test('[ROOM-4] the event has only the settings that differ; without a difference there is no event', () => {
  const play = new Play(buildRoom({ tags: ['a'], capacity: 50 }));
  const { events } = play.accept(OWNER, 'room:update', { title: 'New', capacity: 50, tags: ['a'], chat: 'off' });
  expect(events).toEqual([{ type: 'room.updated', by: OWNER, at: START, changes: { title: 'New', chat: 'off' } }]);
  expect(play.room.settings).toMatchObject({ title: 'New', chat: 'off', capacity: 50, tags: ['a'] });
  expect(play.accept(OWNER, 'room:update', { title: 'New', seatCount: 9, seatMode: 'request' }).events).toEqual([]);
});

test('[ROOM-4] cover and category can be removed again', () => {
  const play = new Play(buildRoom({ cover: 'https://img.example/c.png', category: 'music' }));
  play.accept(OWNER, 'room:update', { cover: null, category: null });
  expect(play.room.settings).toMatchObject({ cover: null, category: null });
});

test('[ROOM-4] a password shows as hasPassword only; its hash is in no public event', () => {
  const play = new Play(buildRoom());
  const set = play.accept(OWNER, 'room:update', { passwordHash: 'hash-1' });
  expect(typesOf(set.events)).toEqual(['password.changed', 'room.updated']);
  expect(eventsOf(set.events, 'room.updated')).toMatchObject([{ changes: { hasPassword: true } }]);
  expect(play.room.secrets.passwordHash).toBe('hash-1');

  const changed = play.accept(OWNER, 'room:update', { passwordHash: 'hash-2' });
  expect(typesOf(changed.events)).toEqual(['password.changed']);
  expect(play.accept(OWNER, 'room:update', { passwordHash: 'hash-2' }).events).toEqual([]);

  play.accept(OWNER, 'room:update', { passwordHash: null });
  expect([play.room.secrets.passwordHash, play.room.settings.hasPassword]).toEqual([null, false]);
});

test('[ROOM-4] with fewer seats, the occupants of the removed ones are unseated by the same commit', () => {
  const play = new Play(buildRoom({ seatMode: 'free' }));
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('bob', 'seat:take', { seat: 4 });
  play.accept('carol', 'seat:take', { seat: 8 });
  expect(play.accept(OWNER, 'room:update', { seatCount: 4 }).events).toEqual([
    { type: 'seat.left', by: OWNER, at: START, seat: 4, userId: 'bob', reason: 'resized' },
    { type: 'seat.left', by: OWNER, at: START, seat: 8, userId: 'carol', reason: 'resized' },
    { type: 'seats.resized', by: OWNER, at: START, seatCount: 4 },
  ]);
  expect(play.places()).toEqual({ alice: 3 });
  expect(play.room.seats).toHaveLength(4);
});

test('[ROOM-4] fault elsewhere (FLY): a take in parallel with the shrinking left an occupant on a removed seat', () => {
  const takeFirst = new Play(buildRoom({ seatMode: 'free' }));
  takeFirst.accept('alice', 'seat:take', { seat: 8 });
  takeFirst.accept(OWNER, 'room:update', { seatCount: 5 });
  const shrinkFirst = new Play(buildRoom({ seatMode: 'free' }));
  shrinkFirst.accept(OWNER, 'room:update', { seatCount: 5 });
  expect(shrinkFirst.refuse('alice', 'seat:take', { seat: 8 })).toEqual({
    code: 'SEAT_NOT_FOUND',
    details: { seatCount: 5 },
  });
  // In both orders of the two commands the resulting room is sound.
  expect(takeFirst.room).toEqual(shrinkFirst.room);
  expect(takeFirst.places()).toEqual({});
  takeFirst.accept(OWNER, 'room:update', { seatCount: 9 });
  expect(takeFirst.seat(8)).toEqual(aSeat(8));
});

test('[ROOM-4] added seats are free, unlocked and unmuted, even if they existed before', () => {
  const play = new Play(buildRoom());
  play.accept(OWNER, 'seat:lock', { seat: 8 });
  play.accept(OWNER, 'seat:mute', { seat: 8 });
  play.accept(OWNER, 'seat:mute', { seat: 3 });
  play.accept(OWNER, 'room:update', { seatCount: 5 });
  play.accept(OWNER, 'room:update', { seatCount: 10 });
  expect(play.room.seats.slice(5)).toEqual([5, 6, 7, 8, 9].map((seat) => aSeat(seat)));
  expect(play.seat(3)?.hostMuted).toBe(true);
});

test('[ROOM-4] invitations and requests no longer name seats that were removed', () => {
  const play = new Play(buildRoom());
  play.accept('alice', 'request:send', { seat: 7 });
  play.accept('bob', 'request:send', { seat: 2 });
  play.accept(OWNER, 'invite:send', { userId: 'carol', seat: 7 });
  const { events } = play.accept(OWNER, 'room:update', { seatCount: 5 });
  expect(eventsOf(events, 'invite.ended')).toMatchObject([{ userId: 'carol', status: 'ended', reason: 'resized' }]);
  expect(play.room.requests.map(({ userId, seat }) => [userId, seat])).toEqual([
    ['alice', null],
    ['bob', 2],
  ]);
});

test('[ROOM-4] if the owner seat is removed, the room has none', () => {
  const play = new Play(buildRoom({ ownerSeat: 4 }));
  play.accept(OWNER, 'seat:take');
  play.accept(OWNER, 'room:update', { seatCount: 5 });
  expect(play.room.settings.ownerSeat).toBe(4);
  const { events } = play.accept(OWNER, 'room:update', { seatCount: 4 });
  expect(typesOf(events)).toEqual(['seat.left', 'seats.resized', 'room.updated']);
  expect(eventsOf(events, 'room.updated')).toMatchObject([{ changes: { ownerSeat: null } }]);
  expect(play.room.settings.ownerSeat).toBeNull();
});

test('[ROOM-4] when a room leaves request mode, its requests end with modeChanged', () => {
  for (const seatMode of ['free', 'invite'] as const) {
    const play = new Play(buildRoom({ seatMode: 'request' }));
    play.accept('alice', 'request:send');
    play.accept('bob', 'request:send');
    const { events } = play.accept(OWNER, 'room:update', { seatMode });
    const ended = { by: OWNER, at: START, status: 'ended', reason: 'modeChanged' };
    expect(eventsOf(events, 'request.ended')).toEqual([
      { type: 'request.ended', userId: 'alice', ...ended },
      { type: 'request.ended', userId: 'bob', ...ended },
    ]);
    expect(play.requesters()).toEqual([]);
  }
});

test('[ROOM-4] occupants and invitations survive a change of mode, and requests that of free to request', () => {
  const play = new Play(buildRoom({ seatMode: 'free', seatCount: 2 }));
  play.accept('alice', 'seat:take');
  play.accept('bob', 'request:send');
  play.accept(OWNER, 'invite:send', { userId: 'carol' });
  play.accept(OWNER, 'room:update', { seatMode: 'request' });
  expect([play.places(), play.requesters(), play.invitees()]).toEqual([{ alice: 1 }, ['bob'], ['carol']]);
  play.accept(OWNER, 'room:update', { seatMode: 'invite' });
  expect([play.places(), play.requesters(), play.invitees()]).toEqual([{ alice: 1 }, [], ['carol']]);
});

test('[ROOM-6] closing ends seats, requests, invitations and graces, each with its event', () => {
  const play = new Play(buildRoom({ admins: ['ada'] }));
  play.accept('ada', 'seat:take', { seat: 3 });
  play.accept('system', 'member:drop', { userId: 'ada', fence: 1 });
  play.accept('alice', 'request:send');
  play.accept(OWNER, 'invite:send', { userId: 'bob' });
  const { events } = play.accept(OWNER, 'room:close', { reason: 'good night' });
  const stamped = { by: OWNER, at: START };
  expect(events).toEqual([
    { type: 'seat.left', ...stamped, seat: 3, userId: 'ada', reason: 'roomClosed' },
    { type: 'request.ended', ...stamped, userId: 'alice', status: 'ended', reason: 'roomClosed' },
    { type: 'invite.ended', ...stamped, userId: 'bob', status: 'ended', reason: 'roomClosed' },
    { type: 'room.closed', ...stamped, reason: 'good night' },
    { type: 'requests.counted', ...stamped, by: 'system', requestCount: 0 },
  ]);
  expect(play.room.closed).toEqual({ at: START, by: OWNER, reason: 'good night' });
  expect(play.room.away).toEqual({});
});

test('[ROOM-6] closing is final: every later command gets ROOM_CLOSED with the reason', () => {
  const play = new Play(buildRoom({ seatMode: 'free' }));
  play.accept('service', 'room:close');
  const closed = { code: 'ROOM_CLOSED', details: { reason: 'closed' } };
  expect(play.refuse('alice', 'seat:take')).toEqual(closed);
  expect(play.refuse(OWNER, 'room:close')).toEqual(closed);
  expect(play.refuse(OWNER, 'room:update', { title: 'Again' })).toEqual(closed);
  expect(play.refuse('system', 'room:sweep')).toEqual(closed);
});

test('[ROOM-4] the owner seat cannot be moved by an update, nor can a client write hasPassword', () => {
  const update = commandSchemas['room:update'];
  expect(update.safeParse({ roomId: 'room', title: 'New' }).success).toBe(true);
  for (const smuggled of [{ ownerSeat: 3 }, { hasPassword: true }, { createdAt: 1 }, { passwordHash: 'x' }]) {
    expect(update.safeParse({ roomId: 'room', ...smuggled }).success).toBe(false);
  }
});
