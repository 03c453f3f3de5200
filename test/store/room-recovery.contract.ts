// The contract of settling, run against every engine. The clauses [H1]…[H5] are those of src/store/room-recovery.ts.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomNews } from '../../src/feed/room-feed.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import { type Offer, REASSERTION_MS, RECOVERY_WINDOW_MS } from '../../src/store/room-recovery.ts';
import type { Commit, StoredRoom } from '../../src/store/room-store.ts';
import { RecoveryRequiredError } from '../../src/store/store-errors.ts';
import { aCommit, aJoining, aStoredRoom, joined, roomId, seatTaken, titled, userId } from '../support/stored-room.ts';

/** What a test of settling needs of an engine besides its contract. */
export interface Loss {
  /** Takes note of all that is kept. */
  checkpoint(): Promise<void>;
  /** Another history begins, with what was noted; without a checkpoint: with nothing. */
  failOver(with_: 'checkpoint' | 'everything' | 'nothing'): Promise<void>;
  /** Lets the store's time pass. */
  pass(ms: number): Promise<void>;
}

export function settlementContract(engine: () => Engines, loss: () => Loss): void {
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

  /** Commits a title; the room after it. */
  async function retitle(before: StoredRoom, title: string): Promise<StoredRoom> {
    const commit = aCommit(store(), before, { events: [titled(title, store().now())] });
    expect(await store().commit(commit)).toEqual({ status: 'committed' });
    return (commit.change as NonNullable<Commit['change']>).after;
  }

  /** Offers, and waits for what comes of it. */
  async function settle(offer: Offer | null = null): Promise<StoredRoom | null> {
    for (;;) {
      const result = await engine().recovery.recover(id, offer);
      if (result.status === 'recovered') return result.room;
      if (result.status === 'absent') return null;
      await loss().pass(result.waitMs + 5);
    }
  }

  describe('[H1] under another history', () => {
    test('[SYNC-4][ACK-4] nothing is done with a room before it is settled, and nothing half', async () => {
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
      const settled = (await settle()) as StoredRoom;
      expect(settled.state).toEqual(room.state);
      expect(settled.version).toBe(0);
      expect([...(await presence.find(id, [userId('alice'), userId('bob')])).keys()]).toEqual(['alice']);
    });

    test('[SYNC-4] a room that is missing right after the change is not said to be none, and its name is not free', async () => {
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
    test('[SYNC-4] the store kept it all: it goes on under a new epoch, its versions too, and its log covers no old one', async () => {
      const after = await retitle(room, 'Kept');
      await loss().failOver('everything');
      const settled = (await settle()) as StoredRoom;
      expect(settled).toMatchObject({ version: 1, state: { settings: { title: 'Kept' } } });
      expect(settled.epoch > after.epoch || after.epoch === 'epoch-1').toBe(true);
      expect(settled.epoch).not.toBe(after.epoch);
      expect(await store().load(id)).toEqual(settled);
      expect((await store().since(id, after)).status).toBe('room');
      const next = await retitle(settled, 'Next');
      expect(next.version).toBe(2);
      const since = await store().since(id, settled);
      expect(since).toMatchObject({ status: 'records', version: 2, records: [{ version: 2 }] });
      expect((await store().commit(aCommit(store(), after, {}))).status).toBe('elsewhere');
    });

    test('[SYNC-4] the store lost its tail: a laggard offers first and the newest copy wins all the same', async () => {
      const one = await retitle(room, 'One');
      await loss().checkpoint();
      const two = await retitle(one, 'Two');
      const three = await retitle(two, 'Three');
      await loss().failOver('checkpoint');
      expect(await engine().recovery.recover(id, bare(room))).toMatchObject({ status: 'recovering' });
      expect(await engine().recovery.recover(id, bare(three))).toMatchObject({ status: 'recovering' });
      expect(await engine().recovery.recover(id, bare(two))).toMatchObject({ status: 'recovering' });
      expect(await settle()).toMatchObject({ version: 3, state: { settings: { title: 'Three' } } });
    });

    test('[SYNC-4] offers that come later change nothing', async () => {
      await loss().checkpoint();
      const newer = await retitle(room, 'Newer');
      await loss().failOver('checkpoint');
      const settled = await settle();
      expect(await engine().recovery.recover(id, bare(newer))).toEqual({ status: 'recovered', room: settled });
      expect((await store().load(id))?.version).toBe(0);
    });

    test('[SYNC-4] a copy of an older epoch loses, however far it had come', async () => {
      let minority = room;
      for (let index = 0; index < 5; index++) minority = await retitle(minority, `Old ${index}`);
      await loss().checkpoint();
      await loss().failOver('checkpoint');
      const second = (await settle()) as StoredRoom;
      const third = await retitle(second, 'Second epoch');
      await loss().failOver('nothing');
      expect(await engine().recovery.recover(id, bare({ ...minority, version: 500 }))).toMatchObject({
        status: 'recovering',
      });
      expect(await settle(bare(third))).toMatchObject({ state: { settings: { title: 'Second epoch' } } });
    });

    test('[SYNC-4] a change of the history in the middle begins it anew', async () => {
      const newer = await retitle(room, 'Newer');
      await loss().failOver('nothing');
      expect(await engine().recovery.recover(id, bare(newer))).toMatchObject({ status: 'recovering' });
      await loss().pass(RECOVERY_WINDOW_MS / 2);
      await loss().failOver('nothing');
      const again = await engine().recovery.recover(id, bare(room));
      expect(again.status === 'recovering' && again.waitMs).toBeGreaterThan(RECOVERY_WINDOW_MS / 2);
      expect(await settle()).toMatchObject({ version: 0 });
    });

    test('[SYNC-4] those who hold the room hear that it is settled', async () => {
      const heard: RoomNews[] = [];
      await loss().failOver('everything');
      let tell = () => undefined as unknown;
      const told = new Promise<void>((resolve) => {
        tell = resolve as typeof tell;
      });
      await engine().feed.subscribe(id, {
        onNews: (news) => {
          heard.push(news);
          tell();
        },
        onPossibleGap: () => undefined,
      });
      await settle();
      await told;
      expect(heard).toEqual([{ kind: 'settled' }]);
    });
  });

  describe('[H3] what has ended stays so', () => {
    test('[SYNC-4] nobody offers a room that he knew under the present history', async () => {
      const nowhere = { ...room, state: { ...room.state, roomId: roomId(`never-${process.pid}-${serial++}`) } };
      expect(await engine().recovery.recover(nowhere.state.roomId, bare(nowhere))).toEqual({ status: 'absent' });
      expect(await store().load(nowhere.state.roomId)).toBeNull();
    });

    test('[SYNC-4] a closed copy that is newer wins over an open one; the room is as closed as it was', async () => {
      const closing = aCommit(store(), room, {
        events: [{ type: 'room.closed', by: 'owner', at: store().now(), reason: 'over' }],
      });
      await store().commit(closing);
      const closed = (closing.change as NonNullable<Commit['change']>).after;
      await loss().failOver('nothing');
      expect(await engine().recovery.recover(id, bare(room))).toMatchObject({ status: 'recovering' });
      expect((await settle(bare(closed)))?.state.closed).toMatchObject({ reason: 'over' });
      expect(await store().create(aStoredRoom(store(), id), null)).toBe('closed');
    });

    test('[SYNC-4] a room that nobody offers is gone', async () => {
      await loss().failOver('nothing');
      expect(await settle()).toBeNull();
    });
  });

  describe('[H4] what belongs to the room is brought back with it', () => {
    test('[SYNC-4][PRES-2] members whom the stage refers to belong to no node, their fences grow, their numbers stay', async () => {
      const alice = await joined(engine().presence, id, aJoining('alice'));
      const commit = aCommit(store(), room, { events: [seatTaken(alice, 3, store().now())] });
      await store().commit(commit);
      const seated = (commit.change as NonNullable<Commit['change']>).after;
      await loss().failOver('nothing');
      const fence = alice.fence + 5_000_000_000;
      const { name, avatar, level, rtcUid } = alice;
      const pinned = [{ userId: 'alice', profile: { name, avatar, level, rtcUid }, fence: null }];
      await settle(bare(seated, { pinned, fence }));
      const found = (await engine().presence.find(id, [alice.userId])).get('alice');
      expect(found).toMatchObject({ name, rtcUid, nodeId: '' });
      expect(found?.fence).toBeGreaterThan(fence);
      const left = await engine().presence.leave(id, { userId: alice.userId, fence: found?.fence ?? 0 });
      expect(left).toBe('pinned');
      const back = await joined(engine().presence, id, aJoining('alice', { entryVersion: seated.entryVersion }));
      expect(back.rtcUid).toBe(rtcUid);
      expect(back.fence).toBeGreaterThan(found?.fence ?? Number.POSITIVE_INFINITY);
    });

    test('[SYNC-4][PRES-2] a session whose grace began in what was lost stays spent; one that came after it stays', async () => {
      const alice = await joined(engine().presence, id, aJoining('alice'));
      const bob = await joined(engine().presence, id, aJoining('bob'));
      await loss().checkpoint();
      const newer = await retitle(room, 'Newer');
      await loss().failOver('checkpoint');
      // Nobody need know more of whom the grace is.
      const pinned = [
        { userId: 'alice', profile: null, fence: alice.fence + 1 },
        { userId: 'bob', profile: null, fence: bob.fence - 1 },
      ];
      await settle(bare(newer, { pinned, fence: alice.fence + 1 }));
      const found = await engine().presence.find(id, [alice.userId, bob.userId]);
      expect(found.get('alice')).toEqual({ ...alice, fence: alice.fence + 1 });
      expect(found.get('bob')).toEqual(bob);
    });

    test('[PRES-6][MSG-3] bans, silences and chat as well', async () => {
      await loss().failOver('nothing');
      const ban = { userId: userId('mallory'), by: 'owner', at: 1, until: null };
      const silence = { userId: userId('loud'), by: 'owner', at: 1, until: store().now() + 60_000 };
      const from = { userId: userId('alice'), name: 'A', avatar: '' };
      const message = { messageId: 'm1' as never, kind: 'chat' as const, from, at: 1, body: { text: 'hi' } };
      const chat = [
        { messageId: 'm1' as never, userId: 'alice', message },
        { messageId: 'm2' as never, userId: 'alice', deletedBy: 'owner' },
      ];
      await settle(bare(room, { bans: [ban], silences: [silence], chat }));
      expect(await engine().presence.join(id, aJoining('mallory'))).toEqual({ status: 'banned', until: null });
      expect(await engine().sanctions.all(id)).toEqual({ bans: [ban], silences: [silence] });
      expect(await engine().messages.recent(id)).toEqual(chat);
    });

    test('[SYNC-4][PRES-6] bans that the winner does not know: those hold that the store has, or another offers', async () => {
      const ban = { userId: userId('mallory'), by: 'owner', at: 1, until: null };
      const unknown = { bans: null, silences: null };
      await loss().failOver('nothing');
      await engine().recovery.recover(id, bare(room, unknown));
      const settled = (await settle(bare(room, { bans: [ban] }))) as StoredRoom;
      expect(await engine().sanctions.all(id)).toEqual({ bans: [ban], silences: [] });
      await loss().checkpoint();
      const newer = await retitle(settled, 'Newer');
      await loss().failOver('checkpoint');
      expect(await settle(bare(newer, unknown))).toMatchObject({ state: { settings: { title: 'Newer' } } });
      expect(await engine().sanctions.all(id)).toEqual({ bans: [ban], silences: [] });
      await loss().failOver('nothing');
      await settle(bare(newer, unknown));
      expect(await engine().sanctions.all(id)).toEqual({ bans: [], silences: [] });
      await engine().presence.join(id, aJoining('mallory', { entryVersion: newer.entryVersion }));
    });
  });
}
