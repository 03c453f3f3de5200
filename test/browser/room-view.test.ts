// The page's fold of events against the server's: snapshot + updates = the next snapshot (SYNC-1, SYNC-7).
import { describe, expect, test } from 'vitest';
import type { RoomState } from '../../src/domain/room.ts';
import { type MemberKind, visibleTo } from '../../src/domain/view.ts';
import type { RoomEvent, Update } from '../../src/protocol/room-events.ts';
import type { ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { MemberView, RoomSnapshot } from '../../src/protocol/snapshot.ts';
import { buildSnapshot } from '../../src/rooms/audience/snapshot-builder.ts';
import { aUserId, OWNER } from '../support/domain.ts';
import { story } from '../support/view-story.ts';

type Room = Omit<RoomSnapshot, 'audience'> & { readonly closed: boolean };
interface Audience {
  readonly count: number;
}

/** The exports of the page's module, which is plain JavaScript without types. */
interface RoomView {
  toRoom(snapshot: RoomSnapshot): Room;
  applyUpdates(room: Room, updates: readonly Update[]): { room: Room; gap: boolean };
  applyEvent(room: Room, event: RoomEvent): Room;
  toAudience(audience: RoomSnapshot['audience'], known?: Audience): Audience;
  applyAudience(audience: Audience, news: Partial<ServerEventPayload<'room:audience'>>): Audience;
  membersOf(audience: Audience): MemberView[];
}

const address = new URL('../../src/console/room-view.js', import.meta.url).href;
const view = (await import(/* @vite-ignore */ address)) as RoomView;

const nobody = { audience: { count: 0, members: [] }, recentMessages: [] };

/** The updates of the story for that kind of member, and the snapshot after each commit. */
function storyFor(kind: MemberKind) {
  const { first, commits } = story();
  const snapshot = (state: RoomState, version: number) =>
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
  '[SYNC-1][SYNC-7] the page folds the updates of %s members into the snapshots of the server',
  (kind) => {
    const { start, steps } = storyFor(kind);
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
  const { start, steps } = storyFor('public');
  const [first, second, third] = steps.map(({ update }) => update);
  if (!first || !second || !third) throw new Error('the story is too short');
  const { room } = view.applyUpdates(start, [first, first, second]);
  expect(room.version).toBe(second.version);
  expect(view.applyUpdates(room, [first, second])).toEqual({ room, gap: false });
  expect(view.applyUpdates(start, [third])).toEqual({ room: start, gap: true });
});

test('[SYNC-7] events of later servers change nothing', () => {
  const { start } = storyFor('public');
  const unknown = { type: 'weather.changed', by: OWNER, at: 1 };
  expect(view.applyEvent(start, unknown as unknown as RoomEvent)).toEqual(start);
});

describe('[SYNC-6] an older session of the same user is ignored', () => {
  const bob = (fence: number, facts: Partial<MemberView> = {}): MemberView => ({
    ...{ userId: aUserId('bob'), name: 'Bob', avatar: '', role: 'member', seat: null, since: 1 },
    ...facts,
    fence,
  });
  const carol = bob(3, { userId: aUserId('carol'), name: 'Carol' });
  const left = (fence: number) => ({ left: [{ userId: aUserId('bob'), fence }] });
  const namesIn = (audience: Audience) => view.membersOf(audience).map(({ name }) => name);
  const start = view.toAudience({ count: 1, members: [bob(5)] });

  test('after news of a newer one', () => {
    const rejoined = view.applyAudience(start, { count: 1, joined: [bob(9, { name: 'Bobby' })] });
    const late = view.applyAudience(rejoined, { count: 1, ...left(8) });
    expect(namesIn(late)).toEqual(['Bobby']);
    const empty = view.applyAudience(late, { count: 0, ...left(9) });
    expect(namesIn(empty)).toEqual([]);
    expect(namesIn(view.applyAudience(empty, { count: 0, joined: [bob(9)] }))).toEqual([]);
  });

  test('after a snapshot: neither a leave nor a join of a lower fence changes the list', () => {
    for (const news of [left(4), { joined: [bob(4, { name: 'Old Bob' })] }]) {
      expect(view.applyAudience(start, { count: 1, ...news })).toEqual(start);
    }
    expect(namesIn(view.applyAudience(start, { count: 0, ...left(5) }))).toEqual([]);
    expect(namesIn(view.applyAudience(start, { count: 1, joined: [bob(6, { name: 'Bobby' })] }))).toEqual(['Bobby']);
  });

  test('after a later snapshot that does not name the user any more, or that is older than the news', () => {
    const without = view.toAudience({ count: 1, members: [carol] }, start);
    expect(without.count).toBe(1);
    expect(namesIn(without)).toEqual(['Carol']);
    expect(namesIn(view.applyAudience(without, { count: 1, joined: [bob(4)] }))).toEqual(['Carol']);
    expect(namesIn(view.applyAudience(without, { count: 2, joined: [bob(6)] }))).toEqual(['Bob', 'Carol']);
    const older = view.toAudience({ count: 2, members: [bob(4), carol] }, start);
    expect(namesIn(older)).toEqual(['Carol']);
  });
});
