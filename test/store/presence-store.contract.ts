// The presence store's contract, run against every engine. The clauses [P1]…[P5] are in src/store/presence-store.ts.
// For [P6] see presence-pages.contract.ts.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomNews } from '../../src/feed/room-feed.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import type { StoredRoom } from '../../src/store/room-store.ts';
import { aCommit, aJoining, aStoredRoom, joined, roomId, seatTaken, titled, uniqueId } from '../support/stored-room.ts';

export function presenceStoreContract(engine: () => Engines): void {
  let id: RoomId;
  let room: StoredRoom;
  const presence = () => engine().presence;

  beforeEach(async () => {
    id = roomId(uniqueId('room'));
    room = aStoredRoom(engine().store, id);
    await engine().store.create(room, null);
  });

  test('[PRES-5] the members are the users who joined and have not left, and the count is their number', async () => {
    const alice = await joined(
      presence(),
      id,
      aJoining('alice', { name: '爱丽丝 | "A"', avatar: 'https://x/y', level: 3 }),
    );
    await joined(presence(), id, aJoining('bob'));
    expect(await presence().sample(id, 10)).toMatchObject({ count: 2 });
    expect((await presence().find(id, [alice.userId])).get('alice')).toEqual(alice);
    expect(alice).toMatchObject({ name: '爱丽丝 | "A"', avatar: 'https://x/y', level: 3 });
    expect(await presence().leave(id, alice)).toBe('left');
    const { count, members } = await presence().sample(id, 10);
    expect([count, members.map(({ userId }) => userId)]).toEqual([1, ['bob']]);
  });

  test('a sample names at most as many as were asked for, and counts all', async () => {
    for (let index = 0; index < 30; index++) await joined(presence(), id, aJoining(`user-${index}`));
    const { count, members } = await presence().sample(id, 5);
    expect([count, members.length]).toEqual([30, 5]);
    expect(new Set(members.map(({ userId }) => userId)).size).toBe(5);
  });

  test('[SYNC-7] a sample names as many as were asked for, if there are enough', async () => {
    for (let index = 0; index < 120; index++) await joined(presence(), id, aJoining(`user-${index}`));
    const { count, members } = await presence().sample(id, 50);
    expect([count, new Set(members.map(({ userId }) => userId)).size]).toEqual([120, 50]);
  });

  test('[P2] every join has a higher fence; RTC uid, time and count of a member stay', async () => {
    const first = await joined(presence(), id, aJoining('alice'));
    const result = await presence().join(id, aJoining('alice'));
    expect(result).toMatchObject({ status: 'joined', again: true, count: 1 });
    if (result.status !== 'joined') return;
    expect(result.member.fence).toBeGreaterThan(first.fence);
    expect([result.member.rtcUid, result.member.since]).toEqual([first.rtcUid, first.since]);
    await presence().leave(id, result.member);
    expect((await joined(presence(), id, aJoining('alice'))).fence).toBeGreaterThan(result.member.fence);
  });

  test('[P3] the late leave of an old session removes nobody', async () => {
    const old = await joined(presence(), id, aJoining('alice'));
    const current = await joined(presence(), id, aJoining('alice'));
    expect(await presence().leave(id, old)).toBe('stale');
    expect((await presence().find(id, [old.userId])).get('alice')?.fence).toBe(current.fence);
    expect(await presence().leave(id, current)).toBe('left');
    expect(await presence().leave(id, current)).toBe('absent');
  });

  test('[P1] a pinned member is not removed here', async () => {
    const { store } = engine();
    const alice = await joined(presence(), id, aJoining('alice'));
    const taken = aCommit(store, room, { events: [seatTaken(alice, 1, store.now())], guards: [alice] });
    expect((await store.commit(taken)).status).toBe('committed');
    expect(await presence().leave(id, alice)).toBe('pinned');
    const after = taken.change?.after ?? room;
    const left = { type: 'seat.left' as const, by: 'alice', at: store.now(), seat: 1, userId: alice.userId };
    await store.commit(aCommit(store, after, { events: [{ ...left, reason: 'self' }] }));
    expect(await presence().leave(id, alice)).toBe('left');
  });

  test('[P4] a join decided under other conditions of entry is sent back', async () => {
    const { store } = engine();
    const narrower = { type: 'room.updated' as const, by: 'owner', at: store.now(), changes: { capacity: 1 } };
    await store.commit(aCommit(store, room, { events: [narrower] }));
    expect(await presence().join(id, aJoining('alice', { entryVersion: 0 }))).toEqual({ status: 'entryChanged' });
    expect((await presence().join(id, aJoining('alice', { entryVersion: 1, capacity: 1 }))).status).toBe('joined');
  });

  test('[ROOM-1] when many race for the last places, no more get in than there are', async () => {
    const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    const results = await Promise.all(users.map((user) => presence().join(id, aJoining(user, { capacity: 3 }))));
    expect(results.filter(({ status }) => status === 'joined')).toHaveLength(3);
    expect(results.filter(({ status }) => status === 'full')).toHaveLength(17);
    expect((await presence().sample(id, 10)).count).toBe(3);
  });

  test('[ROOM-2] a member may join again although the room is full', async () => {
    await joined(presence(), id, aJoining('alice', { capacity: 1 }));
    expect(await presence().join(id, aJoining('bob', { capacity: 1 }))).toEqual({ status: 'full' });
    expect(await presence().join(id, aJoining('alice', { capacity: 1 }))).toMatchObject({
      status: 'joined',
      again: true,
    });
  });

  test('[RTC-2] RTC uids are unique in the room and free again after leaving', async () => {
    const alice = await joined(presence(), id, aJoining('alice', { rtcUids: [7, 8] }));
    const bob = await joined(presence(), id, aJoining('bob', { rtcUids: [7, 8] }));
    expect([alice.rtcUid, bob.rtcUid]).toEqual([7, 8]);
    expect(await presence().join(id, aJoining('carol', { rtcUids: [7, 8] }))).toEqual({ status: 'crowded' });
    await presence().leave(id, alice);
    expect(await joined(presence(), id, aJoining('carol', { rtcUids: [7, 8] }))).toMatchObject({ rtcUid: 7 });
  });

  test('[ACK-6] a join returns the stage position at that moment', async () => {
    const { store } = engine();
    await store.commit(aCommit(store, room, { events: [titled('x', store.now())] }));
    expect(await presence().join(id, aJoining('alice'))).toMatchObject({ epoch: room.epoch, version: 1 });
  });

  test('[P5] joins, new sessions and leaves are announced with the count', async () => {
    const received: RoomNews[] = [];
    const listener = { onNews: (news: RoomNews) => received.push(news), onPossibleGap: () => undefined };
    const unsubscribe = await engine().feed.subscribe(id, listener);
    const first = await joined(presence(), id, aJoining('alice', { name: '"爱丽丝"' }));
    const second = await joined(presence(), id, aJoining('alice', { name: '"爱丽丝"' }));
    await presence().leave(id, second);
    await expect.poll(() => received.length).toBe(3);
    expect(received).toEqual([
      { kind: 'audience', count: 1, joined: [{ member: first, again: false }] },
      { kind: 'audience', count: 1, joined: [{ member: second, again: true }] },
      { kind: 'audience', count: 0, left: [{ userId: 'alice', fence: second.fence }] },
    ]);
    await unsubscribe();
  });

  describe('bans', () => {
    const alice = aJoining('alice').userId;
    /** Commits one event about alice, on the room as it is. */
    async function sanction(event: { type: 'member.banned'; until?: number } | { type: 'member.unbanned' }) {
      const { store } = engine();
      const commit = aCommit(store, room, { events: [{ ...event, by: 'owner', at: store.now(), userId: alice }] });
      expect((await store.commit(commit)).status).toBe('committed');
      room = commit.change?.after ?? room;
    }

    test('[PRES-6][B1] a banned user is kept out, with the end of the ban; nobody else is', async () => {
      const until = engine().store.now() + 60_000;
      await sanction({ type: 'member.banned', until });
      expect(await presence().join(id, aJoining('alice'))).toEqual({ status: 'banned', until });
      expect((await presence().join(id, aJoining('bob'))).status).toBe('joined');
      await sanction({ type: 'member.banned' });
      expect(await presence().join(id, aJoining('alice'))).toEqual({ status: 'banned', until: null });
      expect(await presence().count(id)).toBe(1);
    });

    test('[PRES-6][B2] when the ban is over or lifted the user may join', async () => {
      await sanction({ type: 'member.banned', until: engine().store.now() - 1 });
      const member = await joined(presence(), id, aJoining('alice'));
      await presence().leave(id, member);
      await sanction({ type: 'member.banned' });
      expect((await presence().join(id, aJoining('alice'))).status).toBe('banned');
      await sanction({ type: 'member.unbanned' });
      expect((await presence().join(id, aJoining('alice'))).status).toBe('joined');
    });

    test('[PRES-6] a ban also keeps out a user who is still a member: they get no new session', async () => {
      const member = await joined(presence(), id, aJoining('alice'));
      await sanction({ type: 'member.banned' });
      expect((await presence().join(id, aJoining('alice'))).status).toBe('banned');
      expect((await presence().find(id, [alice])).get('alice')).toEqual(member);
    });

    test('[P4] the entry version is judged before the ban: a join decided on old conditions is decided again', async () => {
      await sanction({ type: 'member.banned' });
      expect(await presence().join(id, aJoining('alice', { entryVersion: 7 }))).toEqual({ status: 'entryChanged' });
    });
  });

  test('[PRES-5] the count is the number of members, without replaced sessions and those who left', async () => {
    expect(await presence().count(id)).toBe(0);
    const alice = await joined(presence(), id, aJoining('alice'));
    await joined(presence(), id, aJoining('bob'));
    expect(await presence().count(id)).toBe(2);
    await joined(presence(), id, aJoining('bob'));
    expect(await presence().leave(id, { ...alice, fence: alice.fence - 1 })).toBe('stale');
    expect(await presence().count(id)).toBe(2);
    await presence().leave(id, alice);
    expect(await presence().count(id)).toBe(1);
    expect(await presence().count(roomId(uniqueId('room')))).toBe(0);
  });

  test('[P1][ROOM-7] the owner is pinned from the creation on: only a stage commit unpins them', async () => {
    const owner = await joined(presence(), id, aJoining('owner'));
    expect(await presence().leave(id, owner)).toBe('pinned');
    const { store } = engine();
    const gone = aCommit(store, room, { events: [titled('x', store.now())], removals: [owner] });
    expect((await store.commit(gone)).status).toBe('committed');
    expect(await presence().count(id)).toBe(0);
    // And again: the owner is pinned as the owner, not because of an earlier membership.
    expect(await presence().leave(id, await joined(presence(), id, aJoining('owner')))).toBe('pinned');
  });

  test('[P1][ROLE-3] a transfer of the room pins the new owner', async () => {
    const [owner, bob] = [
      await joined(presence(), id, aJoining('owner')),
      await joined(presence(), id, aJoining('bob')),
    ];
    const { store } = engine();
    const changed = {
      type: 'owner.changed' as const,
      by: 'owner',
      at: store.now(),
      from: owner.userId,
      to: bob.userId,
    };
    await store.commit(aCommit(store, room, { events: [{ ...changed, reason: 'transferred' }] }));
    expect(await presence().leave(id, owner)).toBe('left');
    expect(await presence().leave(id, bob)).toBe('pinned');
  });

  test('nobody can be in a missing room', async () => {
    const nowhere = roomId(uniqueId('room'));
    const alice = await joined(presence(), id, aJoining('alice'));
    expect(await presence().join(nowhere, aJoining('alice'))).toEqual({ status: 'absent' });
    expect(await presence().leave(nowhere, alice)).toBe('absent');
    expect(await presence().sample(nowhere, 10)).toEqual({ count: 0, members: [] });
  });
}
