// Invitations: sending, answering and cancelling them (INV-1, INV-2).
import { expect, test } from 'vitest';
import { limits } from '../../src/domain/room.ts';
import { anOccupant, aSeat, buildRoom, eventsOf, OWNER, Play, SECOND, START, typesOf } from '../support/domain.ts';

const inviteRoom = (facts: Parameters<typeof buildRoom>[0] = {}) =>
  new Play(buildRoom({ seatMode: 'invite', admins: ['ada', 'abe'], ...facts }));
const requestRoom = (seatCount = 9) => inviteRoom({ seatMode: 'request', seatCount });

test('[INV-1] an invitation is a record with inviter, seat and deadline', () => {
  const play = inviteRoom();
  const expiresAt = START + 60 * SECOND;
  const { events, data } = play.accept('ada', 'invite:send', { userId: 'alice', seat: 3 });
  expect(events).toEqual([
    {
      type: 'invite.added',
      by: 'ada',
      at: START,
      invitation: { userId: 'alice', by: 'ada', seat: 3, at: START, expiresAt },
    },
  ]);
  expect(data).toEqual({ expiresAt });
});

test('[INV-1] accepting seats the invitee on the offered seat, or on any seat if none was named', () => {
  const play = inviteRoom();
  play.accept('ada', 'invite:send', { userId: 'alice', seat: 3 });
  play.accept('ada', 'invite:send', { userId: 'bob' });
  const { events, data } = play.accept('alice', 'invite:accept');
  expect(events).toEqual([
    { type: 'seat.taken', by: 'alice', at: START, seat: 3, occupant: anOccupant('alice'), via: 'invite' },
    { type: 'invite.ended', by: 'alice', at: START, userId: 'alice', status: 'accepted' },
  ]);
  expect(data).toEqual({ seat: 3 });
  expect(play.accept('bob', 'invite:accept').data).toEqual({ seat: 1 });
});

test('[INV-1] fault elsewhere (Easemob): "accepting" seated any user, invited or not', () => {
  const play = inviteRoom();
  expect(play.refuse('alice', 'invite:accept')).toEqual({ code: 'INVITE_NOT_FOUND', details: undefined });
  // The invitation of another user gives no seat, and neither does one that was used before.
  play.accept('ada', 'invite:send', { userId: 'bob' });
  expect(play.refuse('alice', 'invite:accept').code).toBe('INVITE_NOT_FOUND');
  play.accept('bob', 'invite:accept');
  play.accept('bob', 'seat:leave');
  expect(play.refuse('bob', 'invite:accept').code).toBe('INVITE_NOT_FOUND');
  expect(play.places()).toEqual({});
});

test('[INV-1] fault elsewhere (TRTCVoiceRoom): an invitation never timed out', () => {
  const play = inviteRoom();
  play.accept('ada', 'invite:send', { userId: 'alice' });
  play.wait(60 * SECOND - 1);
  expect(play.accept('system', 'room:sweep').events).toEqual([]);
  play.wait(1);
  expect(play.accept('system', 'room:sweep').events).toEqual([
    { type: 'invite.ended', by: 'system', at: START + 60_000, userId: 'alice', status: 'expired', reason: 'expired' },
  ]);
  expect(play.invitees()).toEqual([]);
});

test('[INV-1] an invitation is over at its deadline, even if it is not swept yet', () => {
  const play = inviteRoom();
  play.accept('ada', 'invite:send', { userId: 'alice' });
  play.wait(60 * SECOND);
  expect(play.refuse('alice', 'invite:accept').code).toBe('INVITE_NOT_FOUND');
  expect(play.refuse('alice', 'invite:decline').code).toBe('INVITE_NOT_FOUND');
  expect(play.refuse('ada', 'invite:cancel', { userId: 'alice' }).code).toBe('INVITE_NOT_FOUND');
  expect(play.refuse('alice', 'request:send').code).toBe('INVITE_REQUIRED');
  expect(play.places()).toEqual({});
});

test('[INV-1] the invitee declines or staff cancel, and either ends the invitation once', () => {
  const play = inviteRoom();
  play.accept('ada', 'invite:send', { userId: 'alice' });
  expect(play.accept('alice', 'invite:decline').events).toEqual([
    { type: 'invite.ended', by: 'alice', at: START, userId: 'alice', status: 'declined' },
  ]);
  expect(play.refuse('alice', 'invite:decline').code).toBe('INVITE_NOT_FOUND');

  play.accept('ada', 'invite:send', { userId: 'alice' });
  expect(play.accept('abe', 'invite:cancel', { userId: 'alice' }).events).toEqual([
    { type: 'invite.ended', by: 'abe', at: START, userId: 'alice', status: 'cancelled' },
  ]);
  expect(play.refuse('alice', 'invite:accept').code).toBe('INVITE_NOT_FOUND');
  expect(play.refuse('abe', 'invite:cancel', { userId: 'alice' }).code).toBe('INVITE_NOT_FOUND');
});

test('[INV-1] an invitee has one pending invitation: the next one replaces its seat and deadline', () => {
  const play = inviteRoom();
  play.accept('ada', 'invite:send', { userId: 'alice', seat: 3 });
  play.wait(30 * SECOND);
  const { events } = play.accept('abe', 'invite:send', { userId: 'alice', seat: 5 });
  expect(events).toMatchObject([
    { type: 'invite.ended', status: 'cancelled' },
    { type: 'invite.added', invitation: { by: 'abe', seat: 5 } },
  ]);
  expect(play.room.invitations).toHaveLength(1);
  play.wait(59 * SECOND);
  expect(play.accept('alice', 'invite:accept').data).toEqual({ seat: 5 });
});

test('[INV-1] when an overdue invitation is replaced, it ends as expired', () => {
  const play = inviteRoom();
  play.accept('ada', 'invite:send', { userId: 'alice' });
  play.wait(60 * SECOND);
  const { events } = play.accept('ada', 'invite:send', { userId: 'alice' });
  expect(eventsOf(events, 'invite.ended')).toMatchObject([{ userId: 'alice', status: 'expired' }]);
});

test('[INV-1] no more invitations than the limit; a pending one can still be renewed', () => {
  const play = inviteRoom();
  for (let index = 0; index < limits.invitationsPending; index++) {
    play.accept('ada', 'invite:send', { userId: `user-${index}` });
  }
  expect(play.refuse('ada', 'invite:send', { userId: 'alice' })).toEqual({
    code: 'QUEUE_FULL',
    details: { limit: 50 },
  });
  expect(play.accept('ada', 'invite:send', { userId: 'user-7', seat: 3 }).data).toEqual({ expiresAt: START + 60_000 });
});

test('[INV-1] seated and absent users cannot be invited', () => {
  const play = inviteRoom().without('zoe');
  play.accept('ada', 'seat:take', { seat: 3 });
  expect(play.refuse(OWNER, 'invite:send', { userId: 'ada' })).toEqual({
    code: 'ALREADY_SEATED',
    details: { seat: aSeat(3, { occupant: anOccupant('ada') }) },
  });
  expect(play.refuse(OWNER, 'invite:send', { userId: 'zoe' })).toEqual({
    code: 'TARGET_NOT_FOUND',
    details: { userId: 'zoe' },
  });
});

test('[INV-1] an invitation cannot name a seat that the invitee could not take', () => {
  const play = inviteRoom();
  play.accept('ada', 'seat:take', { seat: 3 });
  play.accept(OWNER, 'seat:lock', { seat: 4 });
  const codes = [3, 4, 9, 0].map((seat) => play.refuse(OWNER, 'invite:send', { userId: 'alice', seat }).code);
  expect(codes).toEqual(['SEAT_TAKEN', 'SEAT_LOCKED', 'SEAT_NOT_FOUND', 'SEAT_RESERVED']);
  expect(play.invitees()).toEqual([]);
});

test('[INV-2] inviting a requester seats them at once', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send', { seat: 3 });
  const { events, data } = play.accept('ada', 'invite:send', { userId: 'alice' });
  expect(typesOf(events)).toEqual(['seat.taken', 'request.ended', 'requests.counted']);
  expect(eventsOf(events, 'seat.taken')).toMatchObject([{ seat: 3, via: 'invite' }]);
  expect(eventsOf(events, 'request.ended')).toMatchObject([{ userId: 'alice', status: 'accepted' }]);
  expect(data).toEqual({ seat: 3 });
});

test('[INV-2] an invited user who requests a seat is seated at once, in invite mode too', () => {
  const play = inviteRoom();
  play.accept('ada', 'invite:send', { userId: 'alice', seat: 3 });
  const { events, data } = play.accept('alice', 'request:send');
  expect(typesOf(events)).toEqual(['seat.taken', 'invite.ended']);
  expect(eventsOf(events, 'seat.taken')).toMatchObject([{ seat: 3, via: 'request' }]);
  expect(eventsOf(events, 'invite.ended')).toMatchObject([{ userId: 'alice', status: 'accepted' }]);
  expect(data).toEqual({ seat: 3 });
});

test('[INV-2] of two named seats the later one counts', () => {
  const invited = requestRoom();
  invited.accept('alice', 'request:send', { seat: 3 });
  expect(invited.accept('ada', 'invite:send', { userId: 'alice', seat: 5 }).data).toEqual({ seat: 5 });

  const asking = requestRoom();
  asking.accept('ada', 'invite:send', { userId: 'alice', seat: 5 });
  expect(asking.accept('alice', 'request:send', { seat: 3 }).data).toEqual({ seat: 3 });
});

test('[INV-2] a taken or locked seat is replaced by any free one, in all orders of request and invitation', () => {
  const play = requestRoom();
  for (const who of ['alice', 'bob', 'carol']) play.accept(OWNER, 'invite:send', { userId: who, seat: 3 });
  play.accept('dave', 'request:send', { seat: 3 });
  play.accept('ada', 'seat:take', { seat: 3 });
  expect(play.accept('alice', 'invite:accept').data).toEqual({ seat: 1 });
  expect(play.accept('bob', 'request:send').data).toEqual({ seat: 2 });
  play.accept(OWNER, 'seat:lock', { seat: 4 });
  expect(play.accept('carol', 'request:send', { seat: 4 }).data).toEqual({ seat: 5 });
  expect(play.accept(OWNER, 'invite:send', { userId: 'dave', seat: 4 }).data).toEqual({ seat: 6 });
});

test('[INV-2] without a free seat nothing changes', () => {
  const play = requestRoom(3);
  play.accept(OWNER, 'invite:send', { userId: 'alice' });
  play.accept('bob', 'request:send');
  play.accept('ada', 'seat:take');
  play.accept('abe', 'seat:take');
  expect(play.refuse('alice', 'invite:accept').code).toBe('NO_FREE_SEAT');
  expect(play.refuse('alice', 'request:send').code).toBe('NO_FREE_SEAT');
  expect(play.refuse(OWNER, 'invite:send', { userId: 'bob' }).code).toBe('NO_FREE_SEAT');
  expect([play.invitees(), play.requesters()]).toEqual([['alice'], ['bob']]);
  play.accept('ada', 'seat:leave');
  expect(play.accept('alice', 'invite:accept').data).toEqual({ seat: 1 });
});

test('[INV-2] an overdue request does not count as consent: its author is only invited', () => {
  const play = requestRoom();
  play.accept('alice', 'request:send');
  play.wait(limits.requestExpiryMs);
  expect(typesOf(play.accept('ada', 'invite:send', { userId: 'alice' }).events)).toEqual(['invite.added']);
  expect(play.places()).toEqual({});
});

test('[REQ-1][INV-2] a seat that the room does not have is an error, in every mode and every command', () => {
  for (const seatMode of ['free', 'request'] as const) {
    const play = new Play(buildRoom({ seatMode, seatCount: 4 }));
    expect(play.refuse('alice', 'request:send', { seat: 9 }).code).toBe('SEAT_NOT_FOUND');
    expect(play.refuse(OWNER, 'invite:send', { userId: 'alice', seat: 9 }).code).toBe('SEAT_NOT_FOUND');
  }
});
