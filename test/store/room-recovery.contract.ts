// The contract of room recovery, run against every engine. The clauses [H1]…[H5] are in src/store/room-recovery.ts.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomNews } from '../../src/feed/room-feed.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import { type Offer, REASSERTION_MS, RECOVERY_WINDOW_MS } from '../../src/store/room-recovery.ts';
import type { Commit, StoredRoom } from '../../src/store/room-store.ts';
import { RecoveryRequiredError } from '../../src/store/store-errors.ts';
import { aCommit, aJoining, aStoredRoom, joined, roomId, seatTaken, titled, userId } from '../support/stored-room.ts';

/** What a recovery test needs of an engine besides its contract. */
export interface Loss {
  /** Makes a checkpoint of all that is kept. */
  checkpoint(): Promise<void>;
  /** A new replication id begins, with that data. */
  failOver(with_: 'checkpoint' | 'everything' | 'nothing'): Promise<void>;
  /** Lets the store's time pass. */
  pass(ms: number): Promise<void>;
}

export function roomRecoveryContract(engine: () => Engines, loss: () => Loss): void {
  let serial = 0;
  let id: RoomId;
  let room: StoredRoom;
  const store = () => engine().store;

  beforeEach(async () => {
    id = roomId(`lost-${process.pid}-${serial++}`);
    await store().create(aStoredRoom(store(), id), null);
    room = (await store().load(id)) as StoredRoom;
  });

  const bare = (of: StoredRoom, more: Partial<Offer> = {}): Offer => ({
    room: of,
    pinned: [],
    bans: [],
    silences: [],
    chat: [],
    fence: 0,
    ...more,
  });

  /** Commits a title. Returns the room after it. */
  async function retitle(before: StoredRoom, title: string): Promise<StoredRoom> {
    const commit = aCommit(store(), before, { events: [titled(title, store().now())] });
    expect(await store().commit(commit)).toEqual({ status: 'committed' });
    return (commit.change as NonNullable<Commit['change']>).after;
  }

  /** Offers, and waits for the result. */
  async function recover(offer: Offer | null = null): Promise<StoredRoom | null> {
    for (;;) {
      const result = await engine().recovery.recover(id, offer);
      if (result.status === 'recovered') return result.room;
      if (result.status === 'absent') return null;
      await loss().pass(result.waitMs + 5);
    }
  }

  describe('[H1] under another replication id', () => {
    test('[SYNC-4][ACK-4] a room is not touched before its recovery, not even in part', async () => {
      const member = await joined(engine().presence, id, aJoining('alice'));
      await loss().failOver('everything');
      const { presence, messages } = engine();
      const attempts: (() => Promise<unknown>)[] = [
        () => store().load(id),
        () => store().since(id, room),
        () => store().commit(aCommit(store(), room, { events: [titled('No', store().now())] })),
        () => store().create(aStoredRoom(store(), id), null),
        () => presence.join(id, aJoining('bob')),
        () => presence.leave(id, member),
        () => messages.write(id, []),
      ];
      for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(RecoveryRequiredError);
      const recovered = (await recover()) as StoredRoom;
      expect(recovered.state).toEqual(room.state);
      expect(recovered.version).toBe(0);
      expect([...(await presence.find(id, [userId('alice'), userId('bob')])).keys()]).toEqual(['alice']);
    });

    test('[SYNC-4] a room that is missing right after the change is not reported absent, and its name is not free', async () => {
      await loss().failOver('nothing');
      for (const attempt of [
        () => store().load(id),
        () => store().commit(aCommit(store(), room, {})),
        () => store().create(aStoredRoom(store(), id), null),
        () => engine().presence.join(id, aJoining('bob')),
      ]) {
        await expect(attempt()).rejects.toBeInstanceOf(RecoveryRequiredError);
      }
      await loss().pass(REASSERTION_MS + 5);
      expect(await store().load(id)).toBeNull();
      expect(await store().create(aStoredRoom(store(), id), null)).toBe('created');
    });
  });

  describe('[H2] the newest copy wins', () => {
    test('[SYNC-4] the store kept everything: the room goes on under a new epoch, versions count on, and the log covers no old one', async () => {
      const after = await retitle(room, 'Kept');
      await loss().failOver('everything');
      const recovered = (await recover()) as StoredRoom;
      expect(recovered).toMatchObject({ version: 1, state: { settings: { title: 'Kept' } } });
      expect(recovered.epoch > after.epoch || after.epoch === 'epoch-1').toBe(true);
      expect(recovered.epoch).not.toBe(after.epoch);
      expect(await store().load(id)).toEqual(recovered);
      expect((await store().since(id, after)).status).toBe('room');
      const next = await retitle(recovered, 'Next');
      expect(next.version).toBe(2);
      const since = await store().since(id, recovered);
      expect(since).toMatchObject({ status: 'records', version: 2, records: [{ version: 2 }] });
      expect((await store().commit(aCommit(store(), after, {}))).status).toBe('elsewhere');
    });

    test('[SYNC-4] the store lost the last commits: an older copy is offered first, and still the newest wins', async () => {
      const one = await retitle(room, 'One');
      await loss().checkpoint();
      const two = await retitle(one, 'Two');
      const three = await retitle(two, 'Three');
      await loss().failOver('checkpoint');
      expect(await engine().recovery.recover(id, bare(room))).toMatchObject({ status: 'recovering' });
      expect(await engine().recovery.recover(id, bare(three))).toMatchObject({ status: 'recovering' });
      expect(await engine().recovery.recover(id, bare(two))).toMatchObject({ status: 'recovering' });
      expect(await recover()).toMatchObject({ version: 3, state: { settings: { title: 'Three' } } });
    });

    test('[SYNC-4] offers that come later change nothing', async () => {
      await loss().checkpoint();
      const newer = await retitle(room, 'Newer');
      await loss().failOver('checkpoint');
      const recovered = await recover();
      expect(await engine().recovery.recover(id, bare(newer))).toEqual({ status: 'recovered', room: recovered });
      expect((await store().load(id))?.version).toBe(0);
    });

    test('[SYNC-4] a copy of an older epoch loses, whatever its version', async () => {
      let minority = room;
      for (let index = 0; index < 5; index++) minority = await retitle(minority, `Old ${index}`);
      await loss().checkpoint();
      await loss().failOver('checkpoint');
      const second = (await recover()) as StoredRoom;
      const third = await retitle(second, 'Second epoch');
      await loss().failOver('nothing');
      expect(await engine().recovery.recover(id, bare({ ...minority, version: 500 }))).toMatchObject({
        status: 'recovering',
      });
      expect(await recover(bare(third))).toMatchObject({ state: { settings: { title: 'Second epoch' } } });
    });

    test('[SYNC-4] a new replication id in the middle starts the recovery again', async () => {
      const newer = await retitle(room, 'Newer');
      await loss().failOver('nothing');
      expect(await engine().recovery.recover(id, bare(newer))).toMatchObject({ status: 'recovering' });
      await loss().pass(RECOVERY_WINDOW_MS / 2);
      await loss().failOver('nothing');
      const again = await engine().recovery.recover(id, bare(room));
      expect(again.status === 'recovering' && again.waitMs).toBeGreaterThan(RECOVERY_WINDOW_MS / 2);
      expect(await recover()).toMatchObject({ version: 0 });
    });

    test('[SYNC-4] the feed announces the recovery to the nodes that serve the room', async () => {
      const received: RoomNews[] = [];
      await loss().failOver('everything');
      let tell = () => undefined as unknown;
      const announced = new Promise<void>((resolve) => {
        tell = resolve as typeof tell;
      });
      await engine().feed.subscribe(id, {
        onNews: (news) => {
          received.push(news);
          tell();
        },
        onPossibleGap: () => undefined,
      });
      await recover();
      await announced;
      expect(received).toEqual([{ kind: 'settled' }]);
    });
  });

  describe('[H3] an ended room stays ended', () => {
    test('[SYNC-4] a copy from the present replication id is no offer', async () => {
      const nowhere = { ...room, state: { ...room.state, roomId: roomId(`never-${process.pid}-${serial++}`) } };
      expect(await engine().recovery.recover(nowhere.state.roomId, bare(nowhere))).toEqual({ status: 'absent' });
      expect(await store().load(nowhere.state.roomId)).toBeNull();
    });

    test('[SYNC-4] a closed copy that is newer wins over an open one; the room stays closed', async () => {
      const closing = aCommit(store(), room, {
        events: [{ type: 'room.closed', by: 'owner', at: store().now(), reason: 'over' }],
      });
      await store().commit(closing);
      const closed = (closing.change as NonNullable<Commit['change']>).after;
      await loss().failOver('nothing');
      expect(await engine().recovery.recover(id, bare(room))).toMatchObject({ status: 'recovering' });
      expect((await recover(bare(closed)))?.state.closed).toMatchObject({ reason: 'over' });
      expect(await store().create(aStoredRoom(store(), id), null)).toBe('closed');
    });

    test('[SYNC-4] a room that no node offers is absent', async () => {
      await loss().failOver('nothing');
      expect(await recover()).toBeNull();
    });
  });

  describe('[H4] members and lists come back with the room', () => {
    test('[SYNC-4][PRES-2] pinned members belong to no node, their fences grow, their RTC uids stay', async () => {
      const alice = await joined(engine().presence, id, aJoining('alice'));
      const commit = aCommit(store(), room, { events: [seatTaken(alice, 3, store().now())] });
      await store().commit(commit);
      const seated = (commit.change as NonNullable<Commit['change']>).after;
      await loss().failOver('nothing');
      const fence = alice.fence + 5_000_000_000;
      const { name, avatar, level, rtcUid } = alice;
      const pinned = [{ userId: 'alice', profile: { name, avatar, level, rtcUid }, fence: null }];
      await recover(bare(seated, { pinned, fence }));
      const found = (await engine().presence.find(id, [alice.userId])).get('alice');
      expect(found).toMatchObject({ name, rtcUid, nodeId: '' });
      expect(found?.fence).toBeGreaterThan(fence);
      const left = await engine().presence.leave(id, { userId: alice.userId, fence: found?.fence ?? 0 });
      expect(left).toBe('pinned');
      const back = await joined(engine().presence, id, aJoining('alice', { entryVersion: seated.entryVersion }));
      expect(back.rtcUid).toBe(rtcUid);
      expect(back.fence).toBeGreaterThan(found?.fence ?? Number.POSITIVE_INFINITY);
    });

    test('[SYNC-4][PRES-2] a session whose grace was lost stays ended; a later session stays', async () => {
      const alice = await joined(engine().presence, id, aJoining('alice'));
      const bob = await joined(engine().presence, id, aJoining('bob'));
      await loss().checkpoint();
      const newer = await retitle(room, 'Newer');
      await loss().failOver('checkpoint');
      // A node need not know the profile of a user in a grace.
      const pinned = [
        { userId: 'alice', profile: null, fence: alice.fence + 1 },
        { userId: 'bob', profile: null, fence: bob.fence - 1 },
      ];
      await recover(bare(newer, { pinned, fence: alice.fence + 1 }));
      const found = await engine().presence.find(id, [alice.userId, bob.userId]);
      expect(found.get('alice')).toEqual({ ...alice, fence: alice.fence + 1 });
      expect(found.get('bob')).toEqual(bob);
    });

    test('[PRES-6][MSG-3] bans, silences and chat come back', async () => {
      await loss().failOver('nothing');
      const ban = { userId: userId('mallory'), by: 'owner', at: 1, until: null };
      const silence = { userId: userId('loud'), by: 'owner', at: 1, until: store().now() + 60_000 };
      const from = { userId: userId('alice'), name: 'A', avatar: '' };
      const message = { messageId: 'm1' as never, kind: 'chat' as const, from, at: 1, body: { text: 'hi' } };
      const chat = [
        { messageId: 'm1' as never, userId: 'alice', message },
        { messageId: 'm2' as never, userId: 'alice', deletedBy: 'owner' },
      ];
      await recover(bare(room, { bans: [ban], silences: [silence], chat }));
      expect(await engine().presence.join(id, aJoining('mallory'))).toEqual({ status: 'banned', until: null });
      expect(await engine().sanctions.all(id)).toEqual({ bans: [ban], silences: [silence] });
      expect(await engine().messages.recent(id)).toEqual(chat);
    });

    test('[SYNC-4][PRES-6] bans that the winner does not know: those of the store hold, or of another offer', async () => {
      const ban = { userId: userId('mallory'), by: 'owner', at: 1, until: null };
      const unknown = { bans: null, silences: null };
      await loss().failOver('nothing');
      await engine().recovery.recover(id, bare(room, unknown));
      const recovered = (await recover(bare(room, { bans: [ban] }))) as StoredRoom;
      expect(await engine().sanctions.all(id)).toEqual({ bans: [ban], silences: [] });
      await loss().checkpoint();
      const newer = await retitle(recovered, 'Newer');
      await loss().failOver('checkpoint');
      expect(await recover(bare(newer, unknown))).toMatchObject({ state: { settings: { title: 'Newer' } } });
      expect(await engine().sanctions.all(id)).toEqual({ bans: [ban], silences: [] });
      await loss().failOver('nothing');
      await recover(bare(newer, unknown));
      expect(await engine().sanctions.all(id)).toEqual({ bans: [], silences: [] });
      await engine().presence.join(id, aJoining('mallory', { entryVersion: newer.entryVersion }));
    });
  });
}
