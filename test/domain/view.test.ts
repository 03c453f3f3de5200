// The views of ordinary members and staff; a client that folds its events gets the same view (SYNC-5, SYNC-7, REQ-4).
import { describe, expect, test } from 'vitest';
import { applyAll } from '../../src/domain/apply.ts';
import { queueOrder } from '../../src/domain/room.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import { applyView, type MemberKind, project, type View, visibleTo } from '../../src/domain/view.ts';
import { publicEventSchemas, staffEventSchemas } from '../../src/protocol/room-events.ts';
import { aMember, anOccupant, buildRoom, OWNER, Play, START, typesOf } from '../support/domain.ts';
import { story } from '../support/view-story.ts';

const kinds: readonly MemberKind[] = ['public', 'staff'];

const fold = (view: View, kind: MemberKind, events: readonly StageEvent[]): View =>
  visibleTo(kind, events).reduce(applyView, view);

describe('[SYNC-5] the events of each kind of member', () => {
  /** SPEC's two lists of events, without those that are not of the stage. */
  const everybodys = [
    'room.updated',
    'room.closed',
    'seat.taken',
    'seat.left',
    'seat.moved',
    'seat.locked',
    'seat.unlocked',
    'seat.muted',
    'seat.unmuted',
    'seat.away',
    'seat.back',
    'seats.resized',
    'mic.changed',
    'admin.added',
    'admin.removed',
    'owner.changed',
    'requests.counted',
    'attributes.changed',
  ];
  const staffs = [
    'request.added',
    'request.updated',
    'request.ended',
    'invite.added',
    'invite.ended',
    'member.kicked',
    'member.banned',
    'member.unbanned',
    'member.silenced',
    'member.unsilenced',
  ];
  const nobodys = ['password.changed', 'member.away', 'member.back', 'member.left'];
  const all = [...everybodys, ...staffs, ...nobodys].map(
    (type) => ({ type, by: OWNER, at: START }) as unknown as StageEvent,
  );

  test('ordinary members get the public events and no others', () => {
    expect(typesOf(visibleTo('public', all))).toEqual(everybodys);
  });

  test('staff get the staff events as well, in the order of the commit', () => {
    expect(typesOf(visibleTo('staff', all))).toEqual([...everybodys, ...staffs]);
    expect(typesOf(visibleTo('staff', all.toReversed()))).toEqual([...everybodys, ...staffs].toReversed());
  });

  test('the protocol has a schema for exactly these', () => {
    const wire = new Set([...everybodys, ...staffs] as StageEvent['type'][]);
    expect(wire).toEqual(new Set([...Object.keys(publicEventSchemas), ...Object.keys(staffEventSchemas)]));
  });
});

test('[REQ-4] only staff see the queue and the invitations; all members see how many requests there are', () => {
  const play = new Play(buildRoom());
  play.accept('alice', 'request:send');
  play.accept('bob', 'request:send');
  play.accept(OWNER, 'invite:send', { userId: 'carol' });
  expect(project(play.room, 'public')).toMatchObject({ requestCount: 2, requests: null, invitations: null });
  const staff = project(play.room, 'staff');
  expect(staff.requestCount).toBe(2);
  expect(staff.requests?.map(({ userId }) => userId)).toEqual(['alice', 'bob']);
  expect(staff.invitations?.map(({ userId }) => userId)).toEqual(['carol']);
});

test('[REQ-4] a member’s events and view name no requester or invitee, not even as operator of the count', () => {
  const play = new Play(buildRoom());
  const shown = [
    ...play.accept('alice', 'request:send').events,
    ...play.accept(OWNER, 'invite:send', { userId: 'carol' }).events,
    ...play.accept(OWNER, 'request:reject', { userId: 'alice' }).events,
  ];
  expect(JSON.stringify(visibleTo('staff', shown))).toMatch(/alice.*carol/);
  expect(JSON.stringify(visibleTo('public', shown))).not.toMatch(/alice|carol/);
  expect(visibleTo('public', shown)).toMatchObject([{ requestCount: 1 }, { requestCount: 0 }]);
});

test('[ROOM-4] the password’s hash is in no view and in no event for members', () => {
  const { first, commits, last } = story();
  expect(last.secrets.passwordHash).toBe('hash-of-it');
  for (const kind of kinds) {
    const shown = [commits.map(({ events }) => visibleTo(kind, events)), project(first, kind), project(last, kind)];
    expect(JSON.stringify(shown)).toContain('Evening');
    expect(JSON.stringify(shown)).not.toContain('hash-of-it');
  }
});

test.for(kinds)('[SYNC-7] folding the events of %s members gives the same view as the room itself', (kind) => {
  const { first, commits, last } = story();
  let room = first;
  let view = project(first, kind);
  for (const { events } of commits) {
    room = applyAll(room, events);
    view = fold(view, kind, events);
    expect(view).toEqual(project(room, kind));
  }
  expect(room).toEqual(last);
});

test.for(kinds)('[SYNC-7] a %s member may begin at any version and ends with the same view', (kind) => {
  const { first, commits, last } = story();
  let room = first;
  commits.forEach(({ events }, index) => {
    const rest = commits.slice(index).flatMap((later) => later.events);
    expect(fold(project(room, kind), kind, rest)).toEqual(project(last, kind));
    room = applyAll(room, events);
  });
});

test('[SYNC-7] the story of this test contains every event of the protocol', () => {
  const seen = new Set(story().commits.flatMap(({ events }) => typesOf(events)));
  const wire = [...Object.keys(publicEventSchemas), ...Object.keys(staffEventSchemas)];
  expect(wire.filter((type) => !seen.has(type))).toEqual([]);
});

test('[SYNC-7] a swap is two moves, and the second does not empty the seat that the first filled', () => {
  const play = new Play(buildRoom({ seatMode: 'free' }));
  play.accept('alice', 'seat:take', { seat: 2 });
  play.accept('bob', 'seat:take', { seat: 5 });
  const view = project(play.room, 'public');
  const { events } = play.accept(OWNER, 'seat:pick', { userId: 'alice', seat: 5, policy: 'swap' });
  const seats = fold(view, 'public', events).seats;
  expect([seats[2]?.occupant, seats[5]?.occupant]).toEqual([anOccupant('bob'), anOccupant('alice')]);
});

test('[SYNC-7] an event about a user who is no longer on that seat changes nothing', () => {
  const play = new Play(buildRoom({ seatMode: 'free' }));
  play.accept('alice', 'seat:take', { seat: 2 });
  const view = project(play.room, 'public');
  const stale = { by: 'bob', at: START, seat: 2, userId: aMember('bob').userId };
  expect(applyView(view, { type: 'mic.changed', ...stale, selfMuted: true })).toEqual(view);
  expect(applyView(view, { type: 'seat.away', ...stale, until: START + 1 })).toEqual(view);
  const current = { ...stale, userId: aMember('alice').userId };
  expect(applyView(view, { type: 'mic.changed', ...current, selfMuted: true })).not.toEqual(view);
});

test('[ROOM-6] the view of a closed room says that it is closed, and is empty', () => {
  const { last } = story();
  expect(project(last, 'staff')).toMatchObject({ closed: true, requestCount: 0, requests: [], invitations: [] });
  expect(last.seats.filter(({ occupant }) => occupant !== null)).toEqual([]);
});

test('[REQ-1] staff can show the queue in the order of service; members have no queue', () => {
  const play = new Play(buildRoom({ priority: true }));
  play.accept(aMember('alice', { level: 1 }), 'request:send');
  play.accept(aMember('bob', { level: 9 }), 'request:send');
  expect(queueOrder(play.room).map(({ userId }) => userId)).toEqual(['bob', 'alice']);
});
