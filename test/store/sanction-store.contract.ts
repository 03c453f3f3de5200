// The sanction store's contract, run against every engine. Clauses [B1] and [B2] are in src/store/sanction-store.ts.
import { beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/domain/room.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import type { Engines } from '../../src/engines.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import { SANCTIONS_PRUNED_FROM, type StoredRoom } from '../../src/store/room-store.ts';
import { aCommit, aStoredRoom, roomId, titled, uniqueId, userId } from '../support/stored-room.ts';

const AN_HOUR_MS = 3_600_000;

export function sanctionStoreContract(engine: () => Engines): void {
  let id: RoomId;
  let room: StoredRoom;
  const store = () => engine().store;
  const sanctions = () => engine().sanctions;

  beforeEach(async () => {
    id = roomId(uniqueId('room'));
    room = aStoredRoom(store(), id);
    await store().create(room, null);
  });

  const stamp = () => ({ by: 'owner', at: store().now() });
  const banned = (user: string, until?: number): StageEvent => ({
    type: 'member.banned',
    ...stamp(),
    userId: userId(user),
    ...(until === undefined ? {} : { until }),
  });
  const unbanned = (user: string): StageEvent => ({ type: 'member.unbanned', ...stamp(), userId: userId(user) });
  const silenced = (user: string, until: number): StageEvent => ({
    type: 'member.silenced',
    ...stamp(),
    userId: userId(user),
    until,
  });

  /** Commits these events on the present room. */
  async function commit(...events: StageEvent[]): Promise<void> {
    const one = aCommit(store(), room, { events });
    expect((await store().commit(one)).status).toBe('committed');
    room = one.change?.after ?? room;
  }

  /** Which of these are banned and silenced, and how many the room has of each. */
  async function found(...users: string[]) {
    const all = await sanctions().find(id, users.map(userId));
    return { ...all, banned: [...all.banned].sort(), silenced: [...all.silenced].sort() };
  }

  /** `count` users of different ids, in their order. */
  const crowd = (prefix: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);

  describe('[B1] commits impose and lift', () => {
    test('[PRES-6] a sanction is in force after its commit, in its own list, for its user alone', async () => {
      expect(await found('alice', 'bob')).toEqual({ banned: [], silenced: [], bans: 0, silences: 0 });
      const inAnHour = store().now() + AN_HOUR_MS;
      await commit(banned('alice', inAnHour), silenced('bob', inAnHour));
      expect(await found('alice', 'bob', 'carol')).toEqual({
        banned: ['alice'],
        silenced: ['bob'],
        bans: 1,
        silences: 1,
      });
      expect(await found('carol')).toEqual({ banned: [], silenced: [], bans: 1, silences: 1 });
      expect(await found()).toEqual({ banned: [], silenced: [], bans: 1, silences: 1 });
    });

    test('[PRES-6] a kick with an end is a ban, a kick without one is none', async () => {
      const until = store().now() + AN_HOUR_MS;
      await commit(
        { type: 'member.kicked', ...stamp(), userId: userId('alice') },
        { type: 'member.kicked', ...stamp(), userId: userId('bob'), until },
      );
      expect((await found('alice', 'bob')).banned).toEqual(['bob']);
    });

    test('[PRES-6] a lifted sanction is over; lifting a missing one does nothing', async () => {
      await commit(banned('alice'), silenced('alice', store().now() + AN_HOUR_MS));
      await commit(unbanned('alice'), unbanned('bob'));
      expect(await found('alice', 'bob')).toEqual({ banned: [], silenced: ['alice'], bans: 0, silences: 1 });
      await commit({ type: 'member.unsilenced', ...stamp(), userId: userId('alice') });
      expect(await found('alice')).toEqual({ banned: [], silenced: [], bans: 0, silences: 0 });
    });

    test('[PRES-6] the last of several changes for one user in one commit counts', async () => {
      await commit(banned('alice'), unbanned('alice'), banned('bob'));
      expect((await found('alice', 'bob')).banned).toEqual(['bob']);
      await commit(unbanned('bob'), banned('bob', store().now() + AN_HOUR_MS));
      expect((await found('bob')).banned).toEqual(['bob']);
      await commit(banned('bob'), banned('bob', store().now() - 1));
      expect((await found('bob')).banned).toEqual([]);
    });

    test('[PRES-6] a new term replaces the old one and counts once', async () => {
      await commit(banned('alice'));
      const until = store().now() + AN_HOUR_MS;
      await commit(banned('alice', until));
      expect(await found('alice')).toMatchObject({ banned: ['alice'], bans: 1 });
      expect((await sanctions().bans(id, { cursor: null, limit: 9 })).bans).toMatchObject([{ userId: 'alice', until }]);
    });

    test('[S1][S3] a commit that does not take place imposes and lifts nothing', async () => {
      await commit(banned('alice'));
      const old = room;
      await commit(titled('x', store().now()));
      const events = [banned('bob'), unbanned('alice')];
      expect((await store().commit(aCommit(store(), old, { events }))).status).toBe('behind');
      const guards = [{ userId: userId('nobody'), fence: 1 }];
      expect((await store().commit(aCommit(store(), room, { events, guards }))).status).toBe('refused');
      expect(await found('alice', 'bob')).toMatchObject({ banned: ['alice'], bans: 1 });
    });
  });

  describe('[B2] store time judges', () => {
    test('[PRES-6] an expired sanction is not in force, also while it is still kept', async () => {
      const now = store().now();
      await commit(banned('past', now - 1), banned('future', now + AN_HOUR_MS), banned('ever'), silenced('past', now));
      expect(await found('past', 'future', 'ever')).toMatchObject({ banned: ['ever', 'future'], silenced: [] });
      const { bans } = await sanctions().bans(id, { cursor: null, limit: 9 });
      expect(bans.map(({ userId: user }) => user)).toEqual(['ever', 'future']);
    });

    test('[PRES-6] a full list of expired bans is not full', async () => {
      const now = store().now();
      await commit(...crowd('u', limits.sanctions).map((user) => banned(user, now + AN_HOUR_MS)));
      expect((await found()).bans).toBe(limits.sanctions);
      // The same again, expired by now: nothing has been added since, so nothing was pruned.
      await commit(...crowd('u', limits.sanctions - 1).map((user) => banned(user, now - 1)));
      expect((await found()).bans).toBeLessThan(limits.sanctions);
    });

    test('[ROOM-9] expired sanctions do not pile up in a list, and none in force is lost', async () => {
      const now = store().now();
      const A_ROUND = 200;
      for (const round of ['a', 'b', 'c', 'd', 'e', 'f']) {
        const over = crowd(round, A_ROUND).map((user) => banned(user, now - 1));
        await commit(banned(round), silenced(round, now + AN_HOUR_MS), ...over);
        expect((await found()).bans).toBeLessThanOrEqual(SANCTIONS_PRUNED_FROM + A_ROUND);
      }
      expect(await found('a', 'b', 'c', 'd', 'e', 'f')).toMatchObject({
        banned: ['a', 'b', 'c', 'd', 'e', 'f'],
        silenced: ['a', 'b', 'c', 'd', 'e', 'f'],
        silences: 6,
      });
    });
  });

  describe('the list of bans', () => {
    test('[PRES-6] a ban names its user, its author, its time and its end', async () => {
      const { at } = stamp();
      await commit(
        { type: 'member.banned', by: 'service', at, userId: userId('alice') },
        banned('bob', at + AN_HOUR_MS),
      );
      expect(await sanctions().bans(id, { cursor: null, limit: 9 })).toEqual({
        bans: [
          { userId: 'alice', by: 'service', at, until: null },
          { userId: 'bob', by: 'owner', at: expect.any(Number), until: at + AN_HOUR_MS },
        ],
        cursor: null,
      });
    });

    test('[PRES-6] pages follow each other without gap or repetition, also when bans are imposed and lifted in between', async () => {
      const users = ['a', 'B', 'c', '_d', 'e-1', 'f', 'Z'];
      await commit(...users.map((user) => banned(user)));
      const read: string[] = [];
      let cursor: Awaited<ReturnType<Engines['sanctions']['bans']>>['cursor'] = null;
      for (let page = 0; page < 9; page++) {
        const { bans, cursor: next } = await sanctions().bans(id, { cursor, limit: 3 });
        expect(bans.length).toBeLessThanOrEqual(3);
        read.push(...bans.map(({ userId: user }) => user));
        if (page === 0) await commit(unbanned(bans.at(-1)?.userId ?? ''));
        cursor = next;
        if (cursor === null) break;
      }
      expect(read).toEqual([...users].sort());
      expect(cursor).toBeNull();
    });

    test('[PRES-6] a page with the last ban has no cursor', async () => {
      await commit(banned('a'), banned('b'));
      expect((await sanctions().bans(id, { cursor: null, limit: 2 })).cursor).toBeNull();
      expect((await sanctions().bans(id, { cursor: null, limit: 1 })).cursor).toBe('a');
      expect(await sanctions().bans(id, { cursor: userId('b'), limit: 1 })).toEqual({ bans: [], cursor: null });
    });
  });

  test('a missing room has no sanctions, and a new room has none of another', async () => {
    await commit(banned('alice'));
    const nowhere = roomId(uniqueId('room'));
    const none = { banned: new Set(), silenced: new Set(), bans: 0, silences: 0 };
    expect(await sanctions().find(nowhere, [userId('alice')])).toEqual(none);
    expect(await sanctions().bans(nowhere, { cursor: null, limit: 9 })).toEqual({ bans: [], cursor: null });
    await store().create(aStoredRoom(store(), nowhere), null);
    expect(await sanctions().find(nowhere, [userId('alice')])).toEqual(none);
  });

  test('[PRES-6] ids that are names of object properties are users like any other', async () => {
    await commit(banned('constructor'));
    expect((await found('constructor', 'toString')).banned).toEqual(['constructor']);
  });

  test('[ROOM-6] a sanction in the commit that closes the room does no harm', async () => {
    const at = store().now();
    await commit(banned('alice'), { type: 'room.closed', by: 'service', at, reason: 'over' });
    expect((await found('alice')).banned).toEqual(['alice']);
    expect((await store().load(id))?.state.closed?.reason).toBe('over');
  });
}
