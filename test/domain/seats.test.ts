// Taking, leaving and changing seats, and one's own microphone (SEAT-1, SEAT-2, SEAT-3, SEAT-7).
import { expect, test } from 'vitest';
import { commandSchemas } from '../../src/protocol/commands.ts';
import { anOccupant, aSeat, buildRoom, eventsOf, OWNER, Play, START, typesOf } from '../support/domain.ts';

const freeRoom = () => new Play(buildRoom({ seatMode: 'free', admins: ['ada'] }));

test('[SEAT-1] a seated user takes no second seat, with or without naming one', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  const seat = aSeat(3, { occupant: anOccupant('alice') });
  expect(play.refuse('alice', 'seat:take', { seat: 4 })).toEqual({ code: 'ALREADY_SEATED', details: { seat } });
  expect(play.refuse('alice', 'seat:take')).toEqual({ code: 'ALREADY_SEATED', details: { seat } });
  expect(play.places()).toEqual({ alice: 3 });
});

test('[SEAT-1] fault elsewhere (Easemob): parallel takes on two seats seated one user on both', () => {
  const play = freeRoom();
  const takes = [2, 5].map((seat) => () => play.accept('alice', 'seat:take', { seat }));
  takes[0]?.();
  // The second take was sent before the first was answered. It is decided on the result of the first.
  expect(takes[1]).toThrow('ALREADY_SEATED');
  expect(play.room.seats.filter(({ occupant }) => occupant?.userId === 'alice').map(({ seat }) => seat)).toEqual([2]);
});

test('[SEAT-1] fault elsewhere (VolcEngine): two users who named no seat got the same one', () => {
  const play = freeRoom();
  expect(play.accept('alice', 'seat:take').data).toEqual({ seat: 1 });
  expect(play.accept('bob', 'seat:take').data).toEqual({ seat: 2 });
  expect(play.places()).toEqual({ alice: 1, bob: 2 });
});

test('[SEAT-2] in a new room all seats are empty, even the owner’s', () => {
  expect(buildRoom().seats).toEqual(Array.from({ length: 9 }, (_, seat) => aSeat(seat)));
});

test('[SEAT-2] taking a seat shows the whole occupant with an open microphone', () => {
  const play = freeRoom();
  const { events, data } = play.accept('alice', 'seat:take', { seat: 3 });
  expect(events).toEqual([
    { type: 'seat.taken', by: 'alice', at: START, seat: 3, occupant: anOccupant('alice'), via: 'take' },
  ]);
  expect(data).toEqual({ seat: 3 });
  expect(play.seat(3)).toEqual(aSeat(3, { occupant: anOccupant('alice') }));
});

test('[SEAT-2] without a seat number the lowest free unlocked seat is taken, never the owner seat', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 1 });
  play.accept(OWNER, 'seat:lock', { seat: 2 });
  play.accept('bob', 'seat:take');
  expect(play.places()).toEqual({ alice: 1, bob: 3 });
});

test('[SEAT-2] in a room without an owner seat the search begins at 0', () => {
  const play = new Play(buildRoom({ seatMode: 'free', ownerSeat: null }));
  expect(play.accept('alice', 'seat:take').data).toEqual({ seat: 0 });
});

test('[SEAT-2] the owner without a seat number takes the owner seat, or another one if it is locked', () => {
  const seated = new Play(buildRoom({ ownerSeat: 4 }));
  expect(seated.accept(OWNER, 'seat:take').data).toEqual({ seat: 4 });

  const lockedOut = new Play(buildRoom({ ownerSeat: 4 }));
  lockedOut.accept(OWNER, 'seat:lock', { seat: 4 });
  expect(lockedOut.accept(OWNER, 'seat:take').data).toEqual({ seat: 0 });
});

test('[SEAT-2] the owner seat is reserved: members and admins get SEAT_RESERVED, the owner gets the seat', () => {
  const play = freeRoom();
  const refusal = { code: 'SEAT_RESERVED', details: { seat: aSeat(0) } };
  expect(play.refuse('alice', 'seat:take', { seat: 0 })).toEqual(refusal);
  expect(play.refuse('ada', 'seat:take', { seat: 0 })).toEqual(refusal);
  expect(play.accept(OWNER, 'seat:take', { seat: 0 }).data).toEqual({ seat: 0 });
});

test('[SEAT-2] fault elsewhere (VolcEngine, Aliyun): a taken seat silently became another one', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.refuse('bob', 'seat:take', { seat: 3 }).code).toBe('SEAT_TAKEN');
  expect(play.places()).toEqual({ alice: 3 });
});

test('[SEAT-2] without a free seat the answer is NO_FREE_SEAT, even if the owner seat or locked ones are empty', () => {
  const play = new Play(buildRoom({ seatMode: 'free', seatCount: 3 }));
  play.accept('alice', 'seat:take');
  play.accept(OWNER, 'seat:lock', { seat: 2 });
  expect(play.refuse('bob', 'seat:take').code).toBe('NO_FREE_SEAT');
});

test('[SEAT-2] a public square has no seats at all', () => {
  const play = new Play(buildRoom({ seatMode: 'free', seatCount: 0 }));
  expect(play.refuse('alice', 'seat:take').code).toBe('NO_FREE_SEAT');
  expect(play.refuse('alice', 'seat:take', { seat: 0 })).toEqual({ code: 'SEAT_NOT_FOUND', details: { seatCount: 0 } });
});

test('[ACK-5] a refused take shows the occupant, the locked seat, or the number of seats', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept(OWNER, 'seat:lock', { seat: 4 });
  const taken = { code: 'SEAT_TAKEN', details: { seat: aSeat(3, { occupant: anOccupant('alice') }) } };
  const locked = { code: 'SEAT_LOCKED', details: { seat: aSeat(4, { locked: true }) } };
  expect(play.refuse('bob', 'seat:take', { seat: 3 })).toEqual(taken);
  expect(play.refuse('bob', 'seat:take', { seat: 4 })).toEqual(locked);
  expect(play.refuse('bob', 'seat:take', { seat: 9 })).toEqual({ code: 'SEAT_NOT_FOUND', details: { seatCount: 9 } });
  play.accept('bob', 'seat:take', { seat: 5 });
  expect(play.refuse('bob', 'seat:move', { seat: 3 })).toEqual(taken);
  expect(play.refuse('bob', 'seat:move', { seat: 4 })).toEqual(locked);
});

test('[SEAT-6] not even staff can take a locked seat before it is unlocked', () => {
  const play = freeRoom();
  play.accept(OWNER, 'seat:lock', { seat: 4 });
  expect(play.refuse('ada', 'seat:take', { seat: 4 }).code).toBe('SEAT_LOCKED');
  expect(play.refuse(OWNER, 'seat:take', { seat: 4 }).code).toBe('SEAT_LOCKED');
  play.accept('ada', 'seat:unlock', { seat: 4 });
  expect(play.accept('ada', 'seat:take', { seat: 4 }).data).toEqual({ seat: 4 });
});

test('[SEAT-3] leaving frees the seat for others, and its reason is self', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.accept('alice', 'seat:leave').events).toEqual([
    { type: 'seat.left', by: 'alice', at: START, seat: 3, userId: 'alice', reason: 'self' },
  ]);
  play.accept('bob', 'seat:take', { seat: 3 });
  expect(play.places()).toEqual({ bob: 3 });
});

test('[SEAT-3] moving is one event that fills one seat and frees the other', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.wait(5);
  expect(play.accept('alice', 'seat:move', { seat: 6 })).toMatchObject({
    events: [
      {
        type: 'seat.moved',
        by: 'alice',
        at: START + 5,
        userId: 'alice',
        from: 3,
        to: 6,
        occupant: anOccupant('alice'),
      },
    ],
    data: { seat: 6 },
  });
  expect(play.seat(3)).toEqual(aSeat(3));
  expect(play.seat(6)).toEqual(aSeat(6, { occupant: anOccupant('alice') }));
});

test('[SEAT-3] fault elsewhere (Easemob): changing seats opened a microphone that its occupant had closed', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('alice', 'mic:set', { on: false });
  play.accept('alice', 'seat:move', { seat: 6 });
  expect(play.seat(6)?.occupant?.selfMuted).toBe(true);
});

test('[SEAT-3] a moved user comes under the hostMuted of the new seat; the old seat keeps its own', () => {
  const play = freeRoom();
  play.accept(OWNER, 'seat:mute', { seat: 3 });
  play.accept(OWNER, 'seat:mute', { seat: 6 });
  play.accept(OWNER, 'seat:unmute', { seat: 3 });
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('alice', 'seat:move', { seat: 6 });
  expect(play.seat(6)).toEqual(aSeat(6, { hostMuted: true, occupant: anOccupant('alice') }));
  play.accept('alice', 'seat:move', { seat: 7 });
  expect(play.seat(6)).toEqual(aSeat(6, { hostMuted: true }));
  expect(play.seat(7)?.hostMuted).toBe(false);
});

test('[SEAT-3] moving to one’s own seat succeeds without an event; moving to the owner seat is SEAT_RESERVED', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.accept('alice', 'seat:move', { seat: 3 })).toMatchObject({ events: [], data: { seat: 3 } });
  expect(play.refuse('alice', 'seat:move', { seat: 0 }).code).toBe('SEAT_RESERVED');
  expect(play.refuse('alice', 'seat:move', { seat: 30 }).code).toBe('SEAT_NOT_FOUND');
});

test('[SEAT-7] a user without a seat cannot leave one, move or set the microphone', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.refuse('bob', 'seat:leave').code).toBe('NOT_SEATED');
  expect(play.refuse('bob', 'seat:move', { seat: 4 }).code).toBe('NOT_SEATED');
  expect(play.refuse('bob', 'mic:set', { on: false }).code).toBe('NOT_SEATED');
  expect(play.places()).toEqual({ alice: 3 });
});

test('[SEAT-7] fault elsewhere (Easemob): "leaving" a locked empty seat unlocked it for any member', () => {
  const play = freeRoom();
  play.accept(OWNER, 'seat:lock', { seat: 4 });
  // seat:leave cannot name another user's seat, and without a seat there is nothing to leave.
  expect(commandSchemas['seat:leave'].safeParse({ roomId: 'room', seat: 4 }).success).toBe(false);
  expect(play.refuse('alice', 'seat:leave').code).toBe('NOT_SEATED');
  expect(play.refuse('alice', 'seat:unlock', { seat: 4 }).code).toBe('FORBIDDEN');
  expect(play.seat(4)).toEqual(aSeat(4, { locked: true }));
});

test('[SEAT-6] mic:set changes selfMuted; a repetition changes nothing', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  expect(play.accept('alice', 'mic:set', { on: true }).events).toEqual([]);
  expect(play.accept('alice', 'mic:set', { on: false }).events).toEqual([
    { type: 'mic.changed', by: 'alice', at: START, seat: 3, userId: 'alice', selfMuted: true },
  ]);
  expect(play.accept('alice', 'mic:set', { on: false }).events).toEqual([]);
  expect(play.seat(3)).toEqual(aSeat(3, { occupant: anOccupant('alice', { selfMuted: true }) }));
  play.accept('alice', 'mic:set', { on: true });
  expect(play.seat(3)).toEqual(aSeat(3, { occupant: anOccupant('alice') }));
});

test('[SEAT-6] selfMuted ends when the seat is left: every occupant begins with an open microphone', () => {
  const play = freeRoom();
  play.accept('alice', 'seat:take', { seat: 3 });
  play.accept('alice', 'mic:set', { on: false });
  play.accept('alice', 'seat:leave');
  play.accept('bob', 'seat:take', { seat: 3 });
  play.accept('alice', 'seat:take', { seat: 4 });
  expect([3, 4].map((seat) => play.seat(seat)?.occupant?.selfMuted)).toEqual([false, false]);
});

test('[SEAT-2] taking a seat ends the user’s own request and invitation, in the same version', () => {
  const play = new Play(buildRoom({ seatMode: 'request', admins: ['ada'] }));
  play.accept('ada', 'request:send', { seat: 3 });
  const taking = play.accept('ada', 'seat:take', { seat: 5 });
  expect(typesOf(taking.events)).toEqual(['seat.taken', 'request.ended', 'requests.counted']);
  expect(eventsOf(taking.events, 'request.ended')).toMatchObject([
    { userId: 'ada', status: 'ended', reason: 'seated' },
  ]);

  const invited = freeRoom();
  invited.accept(OWNER, 'invite:send', { userId: 'bob', seat: 3 });
  const sitting = invited.accept('bob', 'seat:take', { seat: 5 });
  expect(typesOf(sitting.events)).toEqual(['seat.taken', 'invite.ended']);
  expect(eventsOf(sitting.events, 'invite.ended')).toMatchObject([{ status: 'ended', reason: 'seated' }]);
  expect(invited.invitees()).toEqual([]);
});
