// Staff move and unseat users: seat:pick with its policies, and seat:kick (SEAT-4, SEAT-5).
import { expect, test } from 'vitest';
import { anOccupant, aSeat, buildRoom, eventsOf, OWNER, Play, START, typesOf } from '../support/domain.ts';

/** alice on 2 with a closed microphone, bob on 5, ada (admin) on 7, the owner on 0; seat 5 is muted. */
function seatedRoom(): Play {
  const play = new Play(buildRoom({ seatMode: 'free', admins: ['ada', 'abe'] }));
  play.accept('alice', 'seat:take', { seat: 2 });
  play.accept('alice', 'mic:set', { on: false });
  play.accept('bob', 'seat:take', { seat: 5 });
  play.accept('ada', 'seat:take', { seat: 7 });
  play.accept(OWNER, 'seat:take');
  play.accept(OWNER, 'seat:mute', { seat: 5 });
  return play;
}

test('[SEAT-4] picking a seated user moves them and keeps their closed microphone', () => {
  const play = seatedRoom();
  const { events, data } = play.accept('ada', 'seat:pick', { userId: 'alice', seat: 3 });
  const occupant = anOccupant('alice', { selfMuted: true });
  expect(events).toEqual([{ type: 'seat.moved', by: 'ada', at: START, userId: 'alice', from: 2, to: 3, occupant }]);
  expect(data).toEqual({ seat: 3 });
  expect([play.seat(2), play.seat(3)]).toEqual([aSeat(2), aSeat(3, { occupant })]);
});

test('[SEAT-4] picking a user for their present seat changes nothing', () => {
  const play = seatedRoom();
  expect(play.accept('ada', 'seat:pick', { userId: 'bob', seat: 5 })).toMatchObject({ events: [], data: { seat: 5 } });
});

test('[SEAT-4] picking an unseated user is an invitation: nobody goes on air without their consent', () => {
  const play = seatedRoom();
  const { events, data } = play.accept('ada', 'seat:pick', { userId: 'carol', seat: 3 });
  expect(events).toMatchObject([{ type: 'invite.added', invitation: { userId: 'carol', by: 'ada', seat: 3 } }]);
  expect(data).toEqual({ expiresAt: START + 60_000 });
  expect(play.places()).not.toHaveProperty('carol');
  play.accept('carol', 'invite:accept');
  expect(play.places()).toMatchObject({ carol: 3 });
});

test('[SEAT-4] picking an unseated requester seats them at once', () => {
  const play = new Play(buildRoom({ seatMode: 'request' }));
  play.accept('carol', 'request:send');
  expect(play.accept(OWNER, 'seat:pick', { userId: 'carol', seat: 3 }).data).toEqual({ seat: 3 });
  expect(play.places()).toEqual({ carol: 3 });
});

test('[SEAT-4] picking a user who is not in the room is TARGET_NOT_FOUND', () => {
  const play = seatedRoom().without('zoe');
  expect(play.refuse('ada', 'seat:pick', { userId: 'zoe', seat: 3 }).code).toBe('TARGET_NOT_FOUND');
});

test('[SEAT-4] abort, the default, refuses an occupied seat and shows its occupant', () => {
  const play = seatedRoom();
  expect(play.refuse('ada', 'seat:pick', { userId: 'alice', seat: 5 })).toEqual({
    code: 'SEAT_TAKEN',
    details: { seat: aSeat(5, { hostMuted: true, occupant: anOccupant('bob') }) },
  });
});

test('[SEAT-4] replace seats the picked user and turns the other into a listener, reason replaced', () => {
  const play = seatedRoom();
  const { events } = play.accept('ada', 'seat:pick', { userId: 'alice', seat: 5, policy: 'replace' });
  expect(typesOf(events)).toEqual(['seat.left', 'seat.moved']);
  expect(events[0]).toMatchObject({ seat: 5, userId: 'bob', reason: 'replaced', by: 'ada' });
  expect(play.places()).toEqual({ alice: 5, ada: 7, [OWNER]: 0 });
  expect(play.seat(5)).toEqual(aSeat(5, { hostMuted: true, occupant: anOccupant('alice', { selfMuted: true }) }));
});

test('[SEAT-4] fault elsewhere: a swap of two occupants lost one of them', () => {
  const play = seatedRoom();
  const { events } = play.accept('ada', 'seat:pick', { userId: 'alice', seat: 5, policy: 'swap' });
  expect(events).toMatchObject([
    { type: 'seat.moved', userId: 'alice', from: 2, to: 5 },
    { type: 'seat.moved', userId: 'bob', from: 5, to: 2 },
  ]);
  // Both keep their own microphone switch, and come under the mute of the new seat.
  expect(play.seat(5)).toEqual(aSeat(5, { hostMuted: true, occupant: anOccupant('alice', { selfMuted: true }) }));
  expect(play.seat(2)).toEqual(aSeat(2, { occupant: anOccupant('bob') }));
});

test('[SEAT-4] a locked target is refused under every policy, and a swap moves nobody to a locked seat', () => {
  const play = seatedRoom();
  play.accept(OWNER, 'seat:lock', { seat: 3 });
  play.accept(OWNER, 'seat:lock', { seat: 5, occupant: 'keep' });
  for (const policy of ['abort', 'replace', 'swap'] as const) {
    expect(play.refuse('ada', 'seat:pick', { userId: 'alice', seat: 3, policy }).code).toBe('SEAT_LOCKED');
    expect(play.refuse('ada', 'seat:pick', { userId: 'alice', seat: 5, policy }).code).toBe('SEAT_LOCKED');
  }
  expect(play.refuse('ada', 'seat:pick', { userId: 'bob', seat: 2, policy: 'swap' })).toEqual({
    code: 'SEAT_LOCKED',
    details: { seat: aSeat(5, { locked: true, hostMuted: true, occupant: anOccupant('bob') }) },
  });
  expect(play.places()).toMatchObject({ alice: 2, bob: 5 });
});

test('[SEAT-4] only the owner can be picked or swapped onto the owner seat', () => {
  const play = seatedRoom();
  for (const policy of ['abort', 'replace', 'swap'] as const) {
    expect(play.refuse('service', 'seat:pick', { userId: 'alice', seat: 0, policy }).code).toBe('SEAT_RESERVED');
  }
  // The swap would bring the owner to alice's seat and alice to the owner seat.
  expect(play.refuse('service', 'seat:pick', { userId: OWNER, seat: 2, policy: 'swap' }).code).toBe('SEAT_RESERVED');
  expect(play.accept('service', 'seat:pick', { userId: OWNER, seat: 2, policy: 'replace' }).data).toEqual({ seat: 2 });
  expect(play.places()).toEqual({ [OWNER]: 2, bob: 5, ada: 7 });
});

test('[SEAT-4] the rank of the displaced user counts, too', () => {
  const play = seatedRoom();
  for (const policy of ['replace', 'swap'] as const) {
    expect(play.refuse('abe', 'seat:pick', { userId: 'alice', seat: 7, policy })).toEqual({
      code: 'TARGET_OUTRANKS',
      details: { userId: 'ada', role: 'admin' },
    });
  }
  play.accept(OWNER, 'seat:pick', { userId: 'alice', seat: 7, policy: 'swap' });
  expect(play.places()).toMatchObject({ alice: 7, ada: 2 });
});

test('[SEAT-4] an admin can pick themselves for an occupied seat, as they can pick a member', () => {
  const play = seatedRoom();
  play.accept('ada', 'seat:pick', { userId: 'ada', seat: 5, policy: 'swap' });
  expect(play.places()).toMatchObject({ ada: 5, bob: 7 });
});

test('[SEAT-5] a kick names a seat or a user, and its event has the operator and the reason', () => {
  const play = seatedRoom();
  expect(play.accept('ada', 'seat:kick', { seat: 5 }).events).toEqual([
    { type: 'seat.left', by: 'ada', at: START, seat: 5, userId: 'bob', reason: 'kicked' },
  ]);
  expect(play.accept('service', 'seat:kick', { userId: 'alice' }).events).toEqual([
    { type: 'seat.left', by: 'service', at: START, seat: 2, userId: 'alice', reason: 'kicked' },
  ]);
  expect(play.places()).toEqual({ ada: 7, [OWNER]: 0 });
});

test('[SEAT-5] kicking an empty seat, an unseated user or a missing seat is an error', () => {
  const play = seatedRoom();
  expect(play.refuse('ada', 'seat:kick', { seat: 3 })).toEqual({ code: 'NOT_SEATED', details: { seat: aSeat(3) } });
  expect(play.refuse('ada', 'seat:kick', { userId: 'carol' }).code).toBe('NOT_SEATED');
  expect(play.refuse('ada', 'seat:kick', { seat: 9 }).code).toBe('SEAT_NOT_FOUND');
});

test('[SEAT-5] staff who kick themselves have left by their own wish', () => {
  const play = seatedRoom();
  const { events } = play.accept('ada', 'seat:kick', { userId: 'ada' });
  expect(eventsOf(events, 'seat.left')).toMatchObject([{ userId: 'ada', reason: 'self' }]);
});

test('[SEAT-6] fault elsewhere (Easemob): leaving or being kicked cleared the mute of the seat', () => {
  const kicked = seatedRoom();
  kicked.accept('ada', 'seat:kick', { seat: 5 });
  expect(kicked.seat(5)).toEqual(aSeat(5, { hostMuted: true }));

  const left = seatedRoom();
  left.accept('bob', 'seat:leave');
  left.accept('carol', 'seat:take', { seat: 5 });
  expect(left.seat(5)).toEqual(aSeat(5, { hostMuted: true, occupant: anOccupant('carol') }));
});

test('[ROLE-4] fault elsewhere (agora-ent-scenarios): clients were not told why a seat was lost', () => {
  const reasons = [
    seatedRoom().accept('bob', 'seat:leave'),
    seatedRoom().accept(OWNER, 'seat:kick', { seat: 5 }),
    seatedRoom().accept(OWNER, 'seat:lock', { seat: 5 }),
    seatedRoom().accept(OWNER, 'seat:pick', { userId: 'alice', seat: 5, policy: 'replace' }),
    seatedRoom().accept(OWNER, 'room:update', { seatCount: 5 }),
    seatedRoom().accept('system', 'member:leave', { userId: 'bob', fence: 1 }),
  ].map(({ events }) => eventsOf(events, 'seat.left').find(({ userId }) => userId === 'bob')?.reason);
  expect(reasons).toEqual(['self', 'kicked', 'locked', 'replaced', 'resized', 'left']);
});
