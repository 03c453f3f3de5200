// The room store's contract, run against every engine. The clauses [S1]…[S6] are those of src/store/room-store.ts.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomNews } from '../../src/feed/room-feed.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import { slotOf } from '../../src/redis/slots.ts';
import { BEHIND_RECORDS_MAX, LOG_VERSIONS, type StoredRoom } from '../../src/store/room-store.ts';
import { aCommit, aJoining, aStoredRoom, joined, roomId, seatTaken, titled, uniqueId } from '../support/stored-room.ts';

export function roomStoreContract(engine: () => Engines, idle: () => Promise<void>): void {
  let id: RoomId;
  let room: StoredRoom;
  const store = () => engine().store;

  beforeEach(async () => {
    id = roomId(uniqueId('room'));
    const founded = aStoredRoom(store(), id);
    expect(await store().create(founded, null)).toBe('created');
    room = { ...founded, replicationId: (await store().load(id))?.replicationId ?? '' };
  });

  /** Commits `count` title changes and returns the room after them. */
  async function commitTitles(count: number): Promise<StoredRoom> {
    for (let index = 0; index < count; index++) {
      const commit = aCommit(store(), room, { events: [titled(`Title ${index}`, store().now())] });
      expect((await store().commit(commit)).status).toBe('committed');
      room = commit.change?.after ?? room;
    }
    return room;
  }

  describe('creation', () => {
    test('[ROOM-1] a room is kept as it was created', async () => {
      expect(await store().load(id)).toEqual(room);
    });

    test('[ROOM-1][ACK-2] an open id cannot be created again; the command that created it is remembered', async () => {
      const creation = { userId: 'owner', commandId: 'c1' };
      const second = aStoredRoom(store(), roomId(uniqueId('room')));
      expect(await store().create(second, creation)).toBe('created');
      expect(await store().create(second, creation)).toBe('exists');
      expect(await store().recall(second.state.roomId, creation)).toMatchObject({
        ...creation,
        command: 'room:create',
      });
      expect(await store().recall(second.state.roomId, { ...creation, commandId: 'c2' })).toBeNull();
      expect(await store().recall(id, creation)).toBeNull();
    });

    test('a room that never was is absent everywhere', async () => {
      // At the server of the other room: in a Cluster every server has its own replication id.
      let name = uniqueId('room');
      while (slotOf(name) !== slotOf(id)) name = uniqueId('room');
      const nowhere = { ...aStoredRoom(store(), roomId(name)), replicationId: room.replicationId };
      expect(await store().load(nowhere.state.roomId)).toBeNull();
      expect(await store().commit(aCommit(store(), nowhere, {}))).toEqual({ status: 'absent' });
      expect(await store().since(nowhere.state.roomId, nowhere)).toEqual({ status: 'absent' });
    });
  });

  describe('[S1] compare and set', () => {
    test('a commit on the current version makes the next one', async () => {
      const after = await commitTitles(1);
      expect(after.version).toBe(1);
      expect(await store().load(id)).toEqual(after);
    });

    test('a commit on an older version changes nothing and brings the commits since', async () => {
      const old = room;
      await commitTitles(3);
      const result = await store().commit(aCommit(store(), old, { events: [titled('Too late', store().now())] }));
      expect(result.status).toBe('behind');
      if (result.status !== 'behind') return;
      expect(result.records.map(({ version }) => version)).toEqual([1, 2, 3]);
      expect((await store().load(id))?.state.settings.title).toBe('Title 2');
    });

    test('a refusal is validated, too: an empty turn on an old version is a conflict', async () => {
      const old = room;
      expect(await store().commit(aCommit(store(), old, {}))).toEqual({ status: 'committed' });
      await commitTitles(1);
      expect((await store().commit(aCommit(store(), old, {}))).status).toBe('behind');
      expect((await store().load(id))?.version).toBe(1);
    });

    test(`a turn that is more than ${BEHIND_RECORDS_MAX} versions behind gets the whole room`, async () => {
      const start = room;
      await commitTitles(BEHIND_RECORDS_MAX);
      expect((await store().commit(aCommit(store(), start, {}))).status).toBe('behind');
      await commitTitles(1);
      expect(await store().commit(aCommit(store(), start, {}))).toEqual({ status: 'elsewhere', room });
    });

    test('another epoch is answered with the whole room', async () => {
      const stranger = { ...room, epoch: 'epoch-0', version: 7 };
      const result = await store().commit(aCommit(store(), stranger, { events: [titled('x', store().now())] }));
      expect(result).toEqual({ status: 'elsewhere', room });
    });

    test('of two commits on one version exactly one takes place', async () => {
      const titles = ['Left', 'Right'];
      const results = await Promise.all(
        titles.map((title) => store().commit(aCommit(store(), room, { events: [titled(title, store().now())] }))),
      );
      expect(results.map(({ status }) => status).sort()).toEqual(['behind', 'committed']);
      const winner = titles[results.findIndex(({ status }) => status === 'committed')];
      expect((await store().load(id))?.state.settings.title).toBe(winner);
    });

    test('a turn whose reply was lost finds itself among the commits since, and takes place once', async () => {
      const commit = aCommit(store(), room, { events: [titled('Once', store().now())], turnId: 'lost-reply' });
      await store().commit(commit);
      const again = await store().commit(commit);
      expect(again.status === 'behind' && again.records.map(({ turnId }) => turnId)).toEqual(['lost-reply']);
      expect((await store().load(id))?.version).toBe(1);
    });
  });

  describe('[S2] the feed', () => {
    test('[SYNC-3] every commit is announced once, in version order', async () => {
      const received: RoomNews[] = [];
      const unsubscribe = await engine().feed.subscribe(id, {
        onNews: (news) => received.push(news),
        onPossibleGap: () => undefined,
      });
      await commitTitles(5);
      await idle();
      await expect.poll(() => received.length).toBe(5);
      expect(received.map((news) => (news.kind === 'commit' ? news.record.version : null))).toEqual([1, 2, 3, 4, 5]);
      await unsubscribe();
    });
  });

  describe('[S3] sessions', () => {
    test('a guard on an ended session refuses the whole turn and returns the present fence', async () => {
      const { presence } = engine();
      const first = await joined(presence, id, aJoining('alice'));
      const second = await joined(presence, id, aJoining('alice'));
      const commit = aCommit(store(), room, {
        events: [seatTaken(first, 1, store().now())],
        guards: [first, { userId: aJoining('nobody').userId, fence: 5 }],
      });
      const result = await store().commit(commit);
      expect(result).toEqual({
        status: 'refused',
        fences: new Map([
          ['alice', second.fence],
          ['nobody', null],
        ]),
      });
      expect(await store().load(id)).toEqual(room);
    });

    test('[PRES-1] an ended session leaves the membership under the next fence', async () => {
      const { presence } = engine();
      const alice = await joined(presence, id, aJoining('alice'));
      const spend = aCommit(store(), room, { events: [titled('x', store().now())], endedSessions: [alice] });
      expect((await store().commit(spend)).status).toBe('committed');
      expect((await presence.find(id, [alice.userId])).get('alice')).toEqual({ ...alice, fence: alice.fence + 1 });
    });

    test('[ROOM-3] a removal ends the membership in the same step and is announced', async () => {
      const { presence, feed } = engine();
      const alice = await joined(presence, id, aJoining('alice'));
      const received: RoomNews[] = [];
      const unsubscribe = await feed.subscribe(id, {
        onNews: (news) => received.push(news),
        onPossibleGap: () => undefined,
      });
      await store().commit(aCommit(store(), room, { events: [titled('x', store().now())], removals: [alice] }));
      expect((await presence.find(id, [alice.userId])).size).toBe(0);
      await expect.poll(() => received.length).toBe(2);
      expect(received[1]).toEqual({ kind: 'audience', count: 0, left: [{ userId: 'alice', fence: alice.fence }] });
      await unsubscribe();
    });

    test('[PRES-6] a guard on absence refuses the turn when the user has joined, and returns the fence', async () => {
      const { presence } = engine();
      const { userId } = aJoining('alice');
      const guards = [{ userId, fence: null }];
      const events = [titled('x', store().now())];
      const first = aCommit(store(), room, { events, guards });
      expect((await store().commit(first)).status).toBe('committed');
      room = first.change?.after ?? room;
      const { fence } = await joined(presence, id, aJoining('alice'));
      expect(await store().commit(aCommit(store(), room, { events, guards }))).toEqual({
        status: 'refused',
        fences: new Map([['alice', fence]]),
      });
      expect(await store().load(id)).toEqual(room);
    });

    test('[ROOM-7] a commit that needs an empty room is refused while it has a member', async () => {
      const { presence } = engine();
      const alice = await joined(presence, id, aJoining('alice'));
      const closed = { type: 'room.closed' as const, by: 'system', at: store().now(), reason: 'empty' };
      const expire = aCommit(store(), room, { events: [closed], onlyIfEmpty: true });
      expect(await store().commit(expire)).toEqual({ status: 'occupied' });
      expect(await store().load(id)).toEqual(room);
      expect(await presence.count(id)).toBe(1);
      await presence.leave(id, alice);
      expect(await store().commit(expire)).toEqual({ status: 'committed' });
      expect((await store().load(id))?.state.closed?.reason).toBe('empty');
    });

    test('[S1] the version is compared before the members are counted', async () => {
      await joined(engine().presence, id, aJoining('alice'));
      const old = room;
      await commitTitles(1);
      expect((await store().commit(aCommit(store(), old, { onlyIfEmpty: true }))).status).toBe('behind');
    });
  });

  describe('[S4] answers', () => {
    const key = { userId: 'alice', commandId: 'cmd-1' };
    const answered = { ...key, command: 'seat:take', answer: '{"seat":1,"version":1}' };

    test('[ACK-2] a known id gets its first answer, and nothing is written', async () => {
      const first = aCommit(store(), room, {
        events: [titled('x', store().now())],
        commandKeys: [key],
        answers: [answered],
      });
      expect((await store().commit(first)).status).toBe('committed');
      const after = await store().load(id);
      const retry = aCommit(store(), room, {
        events: [titled('y', store().now())],
        commandKeys: [key],
        answers: [answered],
      });
      expect(await store().commit(retry)).toEqual({ status: 'answered', answers: [answered] });
      expect(await store().recall(id, key)).toEqual(answered);
      expect(await store().load(id)).toEqual(after);
    });

    test('[ACK-2] ids belong to their user', async () => {
      const first = aCommit(store(), room, { events: [titled('x', store().now())], answers: [answered] });
      await store().commit(first);
      const other = aCommit(store(), first.change?.after ?? room, { commandKeys: [{ ...key, userId: 'bob' }] });
      expect(await store().commit(other)).toEqual({ status: 'committed' });
    });
  });

  describe('[S5] time', () => {
    test.each([-1_500, 1_500])('a commit decided %d ms off the store clock does not take place', async (offMs) => {
      const commit = aCommit(store(), room, { events: [titled('x', store().now())] });
      expect(await store().commit({ ...commit, now: commit.now + offMs })).toEqual({ status: 'late' });
      expect((await store().load(id))?.version).toBe(0);
    });
  });

  describe('[S6] closing', () => {
    test('[ROOM-6] a closed room has no members, is still known, and is not created again', async () => {
      const { presence } = engine();
      await joined(presence, id, aJoining('alice'));
      const closed = { type: 'room.closed' as const, by: 'owner', at: store().now(), reason: 'over' };
      await store().commit(aCommit(store(), room, { events: [closed] }));
      expect((await presence.sample(id, 10)).count).toBe(0);
      expect((await store().load(id))?.state.closed?.reason).toBe('over');
      expect(await store().create(room, null)).toBe('closed');
      expect(await presence.join(id, aJoining('bob'))).toEqual({ status: 'entryChanged' });
    });
  });

  describe('[SYNC-2] reading missed commits', () => {
    test('the log covers a gap completely, or the whole room is read', async () => {
      const start = room;
      await commitTitles(4);
      const some = await store().since(id, { epoch: start.epoch, version: 2 });
      expect(some.status === 'records' && some.records.map(({ version }) => version)).toEqual([3, 4]);
      expect(await store().since(id, { epoch: 'epoch-0', version: 2 })).toEqual({ status: 'room', room });
      expect(await store().since(id, { epoch: start.epoch, version: 9 })).toEqual({ status: 'room', room });
      expect(await store().since(id, room)).toEqual({ status: 'records', version: 4, records: [] });
    });

    test(`the last ${LOG_VERSIONS} versions are covered, one more is not`, async () => {
      await commitTitles(LOG_VERSIONS + 1);
      const covered = await store().since(id, { epoch: room.epoch, version: 1 });
      expect(covered.status === 'records' && covered.records.length).toBe(LOG_VERSIONS);
      expect((await store().since(id, { epoch: room.epoch, version: 0 })).status).toBe('room');
    });
  });
}
