// The page's own folding of events against the server's: snapshot + updates = the next snapshot (SYNC-1, SYNC-7).
import { expect, test } from 'vitest';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import { type MemberKind, visibleTo } from '../../src/domain/view.ts';
import type { RoomEvent, Update } from '../../src/protocol/room-events.ts';
import type { ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { MemberView, RoomSnapshot } from '../../src/protocol/snapshot.ts';
import { buildSnapshot } from '../../src/rooms/snapshot.ts';
import { aUserId, buildRoom, OWNER, Play } from '../support/domain.ts';

type Room = Omit<RoomSnapshot, 'audience'> & { readonly closed: boolean };
interface Audience {
  readonly count: number;
}

/** What the page's module offers; it is plain JavaScript, so its types are said here. */
interface RoomView {
  toRoom(snapshot: RoomSnapshot): Room;
  applyUpdates(room: Room, updates: readonly Update[]): { room: Room; gap: boolean };
  applyEvent(room: Room, event: RoomEvent): Room;
  toAudience(audience: RoomSnapshot['audience']): Audience;
  applyAudience(audience: Audience, news: Partial<ServerEventPayload<'room:audience'>>): Audience;
  membersOf(audience: Audience): MemberView[];
}

const address = new URL('../../src/console/room-view.js', import.meta.url).href;
const view = (await import(/* @vite-ignore */ address)) as RoomView;

const nobody = { count: 0, members: [] };

/** A story in which every event of the wire happens at least once: each commit, and the room after it. */
function story() {
  const first = buildRoom({ admins: ['ada'], seatCount: 6 });
  const play = new Play(first);
  const commits: { events: readonly StageEvent[]; state: typeof first }[] = [];
  const accept: Play['accept'] = (...args) => {
    const decision = play.wait(1).accept(...args);
    commits.push({ events: decision.events, state: play.room });
    return decision;
  };
  accept(OWNER, 'room:update', { title: 'Evening', passwordHash: 'hash-of-it' });
  accept('alice', 'request:send', { seat: 3 });
  accept('bob', 'request:send', { seat: 2 });
  accept('alice', 'request:send', { seat: 4 });
  accept(OWNER, 'request:accept', { userId: 'alice' });
  accept('ada', 'invite:send', { userId: 'carol', seat: 2 });
  accept(OWNER, 'seat:lock', { seat: 2 });
  accept(OWNER, 'seat:unlock', { seat: 2 });
  accept('ada', 'seat:take', { seat: 5 });
  accept('ada', 'seat:mute', { seat: 4 });
  accept('ada', 'seat:pick', { userId: 'alice', seat: 1 });
  accept(OWNER, 'seat:pick', { userId: 'alice', seat: 5, policy: 'swap' });
  accept('ada', 'seat:unmute', { seat: 4 });
  accept('alice', 'mic:set', { on: false });
  accept('system', 'member:drop', { userId: 'alice', fence: 1 });
  accept('system', 'member:return', { userId: 'alice', fence: 2 });
  accept(OWNER, 'room:update', { seatCount: 5 });
  accept(OWNER, 'room:update', { seatCount: 7, seatMode: 'free' });
  accept(OWNER, 'owner:transfer', { userId: 'ada' });
  accept('ada', 'admin:remove', { userId: OWNER });
  accept('ada', 'invite:send', { userId: 'dave' });
  accept('system', 'member:leave', { userId: 'bob', fence: 1 });
  accept('ada', 'room:close', {});
  return { first, commits };
}

/** The story as that kind of member is told it, and what his snapshot would be after each commit. */
function told(kind: MemberKind) {
  const { first, commits } = story();
  const snapshot = (state: typeof first, version: number) =>
    view.toRoom(buildSnapshot({ state, epoch: 'e', version } as Parameters<typeof buildSnapshot>[0], kind, nobody));
  let after = 0;
  const steps = commits.flatMap(({ events, state }, index) => {
    const visible = visibleTo(kind, events);
    if (visible.length === 0) return [];
    const version = index + 1;
    const update: Update = { after, version, at: 1, events: visible };
    after = version;
    return [{ update, expected: { ...snapshot(state, version), closed: state.closed !== null } }];
  });
  return { start: snapshot(first, 0), steps };
}

test.each(['public', 'staff'] as const)(
  '[SYNC-1][SYNC-7] the page folds what %s members are told into what the server says',
  (kind) => {
    const { start, steps } = told(kind);
    let room = start;
    for (const { update, expected } of steps) {
      const applied = view.applyUpdates(room, [update]);
      expect(applied).toEqual({ room: expected, gap: false });
      room = applied.room;
    }
    expect(steps.length).toBeGreaterThan(10);
  },
);

test('[SYNC-1] updates that are known are skipped, and one that does not follow is a gap', () => {
  const { start, steps } = told('public');
  const [first, second, third] = steps.map(({ update }) => update);
  if (!first || !second || !third) throw new Error('the story is too short');
  const { room } = view.applyUpdates(start, [first, first, second]);
  expect(room.version).toBe(second.version);
  expect(view.applyUpdates(room, [first, second])).toEqual({ room, gap: false });
  expect(view.applyUpdates(start, [third])).toEqual({ room: start, gap: true });
});

test('[SYNC-7] events of later servers change nothing', () => {
  const { start } = told('public');
  const unknown = { type: 'attributes.changed', by: OWNER, at: 1, set: { a: '1' }, deleted: [] };
  expect(view.applyEvent(start, unknown as unknown as RoomEvent)).toEqual(start);
});

test('[SYNC-6] audience news of a session that was overtaken is ignored', () => {
  const bob = {
    userId: aUserId('bob'),
    name: 'Bob',
    avatar: '',
    role: 'member',
    seat: null,
    since: 1,
    fence: 1,
  } as const;
  const start = view.toAudience({ count: 1, members: [bob] });
  const rejoined = view.applyAudience(start, { count: 1, joined: [{ ...bob, name: 'Bobby', fence: 9 }] });
  const late = view.applyAudience(rejoined, { count: 1, left: [{ userId: bob.userId, fence: 8 }] });
  expect(view.membersOf(late).map(({ name }) => name)).toEqual(['Bobby']);
  const gone = view.applyAudience(late, { count: 0, left: [{ userId: bob.userId, fence: 9 }] });
  expect(view.membersOf(gone)).toEqual([]);
  const tooLate = view.applyAudience(gone, { count: 0, joined: [{ ...bob, fence: 9 }] });
  expect(view.membersOf(tooLate)).toEqual([]);
});
