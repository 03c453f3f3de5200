// The members that a node knows without asking the store. The feed keeps the list true; after a possible gap the node
// reads it again (PRES-5, SYNC-6).
import { describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import type { RoomId } from '../../../src/protocol/ids.ts';
import { AudienceCache } from '../../../src/rooms/audience/audience-cache.ts';
import { type AudienceGap, missedIn } from '../../../src/rooms/audience/audience-gap.ts';
import { visibleNews } from '../../../src/rooms/audience/audience-sample.ts';
import type { MemberRecord } from '../../../src/store/presence-store.ts';
import { interpose } from '../../support/interposed.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';
import { nodeId, userId } from '../../support/stored-room.ts';

const member = (user: string, fence: number): MemberRecord => ({
  userId: userId(user),
  name: user,
  avatar: '',
  level: 0,
  rtcUid: fence,
  fence,
  nodeId: nodeId('n'),
  since: 0,
});
const joinNews = (user: string, fence: number, count: number) => ({
  kind: 'audience' as const,
  count,
  joined: [{ member: member(user, fence), again: false }],
});
const leaveNews = (user: string, fence: number, count: number) => ({
  kind: 'audience' as const,
  count,
  left: [{ userId: userId(user), fence }],
});

/** A cache over a list of members, which counts how often it is read. */
function cacheOver(...fences: readonly number[]) {
  const store = fences.map((fence) => member(`user-${fence}`, fence));
  let reads = 0;
  const gaps: AudienceGap[] = [];
  let meanwhile = async (): Promise<void> => undefined;
  const cache = new AudienceCache(
    async (limit) => {
      reads++;
      const answer = { count: store.length, members: store.slice(0, limit) };
      const task = meanwhile;
      meanwhile = async () => undefined;
      await runMicrotasks();
      await task();
      return answer;
    },
    (gap) => gaps.push(gap),
  );
  const cachedFences = () => cache.members.map(({ fence }) => fence);
  return {
    cache,
    store,
    cachedFences,
    gaps,
    reads: () => reads,
    meanwhile: (task: () => Promise<void>) => (meanwhile = task),
  };
}
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the members that a node knows', () => {
  test('[PRES-5] are read once, and follow the feed by fences', async () => {
    const { cache, cachedFences, reads } = cacheOver(1, 2);
    expect(cache.isKnown).toBe(false);
    await Promise.all([cache.ready(), cache.ready()]);
    cache.onNews(joinNews('user-3', 3, 3));
    cache.onNews(leaveNews('user-1', 1, 2));
    cache.onNews(joinNews('user-2', 5, 2));
    cache.onNews(leaveNews('user-2', 2, 2));
    cache.onNews(joinNews('user-2', 4, 2));
    await cache.ready();
    expect([cachedFences(), cache.count, reads()]).toEqual([[5, 3], 2, 1]);
  });

  test('[SYNC-6] keep the news and the joins that come while they are read', async () => {
    const { cache, cachedFences, meanwhile } = cacheOver(1, 2);
    meanwhile(async () => {
      cache.onNews(leaveNews('user-1', 1, 1));
      cache.onNews(joinNews('user-3', 3, 2));
      cache.onJoin(member('user-4', 4), 3);
    });
    await cache.ready();
    expect([cachedFences(), cache.count]).toEqual([[2, 3, 4], 3]);
  });

  test('[SYNC-6] are read again after a possible gap; an answer that was on its way then is ignored', async () => {
    const { cache, store, cachedFences, reads, meanwhile } = cacheOver(1, 2);
    meanwhile(async () => {
      store.splice(0, 1);
      cache.invalidate();
    });
    await cache.ready();
    expect([cachedFences(), reads()]).toEqual([[2], 2]);
    cache.invalidate();
    expect(cache.isKnown).toBe(false);
    await cache.ready();
    expect(reads()).toBe(3);
  });

  test('[SYNC-6] a count that came with a rejoin was sent to nobody, so it is sent after the gap', async () => {
    const { cache, store, gaps } = cacheOver(1, 2);
    await cache.ready();
    // The news of this join is lost.
    store.push(member('user-3', 3));
    cache.onNews({ kind: 'audience', count: 3, joined: [{ member: member('user-1', 4), again: true }] });
    cache.invalidate();
    await cache.ready();
    expect(gaps.map((gap) => missedIn(gap, { count: 3, namedMax: 2 }))).toEqual(['count']);
  });

  test('[SYNC-6] late news during the read after a gap hides no join that was missed', async () => {
    const { cache, store, gaps, meanwhile } = cacheOver(1);
    await cache.ready();
    cache.invalidate();
    store.push(member('user-2', 2), member('user-3', 3));
    meanwhile(async () => cache.onNews(joinNews('user-2', 2, 2)));
    await cache.ready();
    expect([cache.count, gaps.map(({ now }) => now.count)]).toEqual([3, [3]]);
    const [missed] = gaps.map((gap) => missedIn(gap, { count: 2, namedMax: 200 }));
    expect(missed).toMatchObject({ count: 3, joined: [{ userId: 'user-3' }] });
  });

  test('[ACK-4] a failed read fails for all that wait for it, and the next read succeeds', async () => {
    const { cache, cachedFences, meanwhile } = cacheOver(1);
    meanwhile(() => Promise.reject(new Error('away')));
    const waiting = [cache.ready(), cache.ready()].map((one) => one.catch(() => 'failed'));
    expect(await Promise.all(waiting)).toEqual(['failed', 'failed']);
    await cache.ready();
    expect(cachedFences()).toEqual([1]);
  });

  test('[PRES-5] are a part of a large audience; they are read again when they are too few for a snapshot', async () => {
    const { cache, store, reads } = cacheOver(...range(1_000));
    await cache.ready();
    expect([cache.members.length, cache.count]).toEqual([100, 1_000]);
    cache.onNews(joinNews('late', 2_000, 1_001));
    expect(cache.members.length).toBe(100);
    for (const fence of range(50)) cache.onNews(leaveNews(`user-${fence}`, fence, 1_001 - fence));
    await cache.ready();
    expect([cache.members.length, reads()]).toEqual([50, 1]);
    cache.onNews(leaveNews('user-51', 51, 950));
    store.splice(0, 51);
    expect([cache.isComplete, cache.isKnown]).toEqual([false, true]);
    await cache.ready();
    expect([cache.members.length, reads()]).toEqual([100, 2]);
  });

  test('[PRES-5] are the same array as long as nothing changes, so that results made from it can be kept', async () => {
    const { cache } = cacheOver(...range(200));
    await cache.ready();
    const before = cache.members;
    cache.onNews(joinNews('late', 2_000, 201));
    cache.onNews(leaveNews('user-150', 150, 200));
    cache.onJoin(member('user-1', 1), 200);
    expect(cache.members).toBe(before);
  });
});

describe('[PRES-1][SYNC-6] the joins and leaves that members get in one step', () => {
  test('name each user once, and no user as joined who has left again', () => {
    const joined = [
      { member: member('alice', 2), again: false },
      { member: member('bob', 3), again: true },
      { member: member('carol', 4), again: false },
      { member: member('carol', 6), again: false },
      { member: member('dave', 7), again: false },
    ];
    const left = [
      { userId: userId('alice'), fence: 2 },
      { userId: userId('carol'), fence: 4 },
    ];
    const visible = visibleNews({ kind: 'audience', count: 9, joined, left });
    expect(visible.joined.map(({ userId, fence }) => [userId, fence])).toEqual([
      ['carol', 6],
      ['dave', 7],
    ]);
    expect([visible.left, visible.count]).toEqual([left, 9]);
  });
});

describe('a live room', () => {
  /** The same engines, and the names of the calls to them. */
  function counted(engines: Engines): { engines: Engines; calls: string[] } {
    const calls: string[] = [];
    const watch = <Store extends object>(store: Store): Store =>
      new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name) as unknown;
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            if (name !== 'now') calls.push(String(name));
            return value.apply(target, args) as unknown;
          };
        },
      });
    const { store, presence, sanctions, attempts, messages } = engines;
    const watched = { store, presence, sanctions, attempts, messages };
    const entries = Object.entries(watched).map(([name, one]) => [name, watch<object>(one)]);
    return { engines: { ...engines, ...(Object.fromEntries(entries) as typeof watched) }, calls };
  }

  test('[ROOM-2][PRES-5] a join asks the store once', async () => {
    const clock = new ManualClock();
    const { engines, calls } = counted(createMemoryEngines(clock));
    const node = new RoomNode(engines, clock);
    await node.connect('owner').do('room:create', { roomId: 'r1', title: 'A' });
    await runMicrotasks();
    calls.length = 0;
    const answer = await node.connect('alice').do('room:join', { roomId: 'r1' });
    expect(calls).toEqual(['join']);
    expect(answer).toMatchObject({
      room: { audience: { count: 2, members: [{ userId: 'owner' }, { userId: 'alice' }] } },
    });
    await node.close();
  });

  test('[ROOM-2] a new member is in their own snapshot, though the feed has not announced them yet', async () => {
    const clock = new ManualClock();
    const seam = interpose(createMemoryEngines(clock));
    const node = new RoomNode(seam, clock);
    await node.connect('owner').do('room:create', { roomId: 'r1', title: 'A' });
    await runMicrotasks();
    seam.loseNews(1);
    const answer = await node.connect('alice').do('room:join', { roomId: 'r1' });
    expect(answer).toMatchObject({
      room: { audience: { count: 2, members: [{ userId: 'owner' }, { userId: 'alice' }] } },
    });
    await node.close();
  });

  test('[PRES-5][SYNC-6] a new member knows all members in the end, whatever joins and leaves meanwhile', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const clock = new ManualClock();
      const engines = createMemoryEngines(clock);
      const seam = interpose(engines);
      const [here, there] = [new RoomNode(seam, clock), new RoomNode(engines, clock)];
      const roomId = 'r1' as RoomId;
      await here.connect('owner').do('room:create', { roomId, title: 'A' });
      const crowdOf = (node: RoomNode, name: string) =>
        Promise.all(range(6).map((index) => node.join(`${name}-${index}`, roomId)));
      const [near, far] = [await crowdOf(here, 'near'), await crowdOf(there, 'far')];
      let dice = seed;
      const roll = (sides: number) => {
        dice = (dice * 48_271) % 2_147_483_647;
        return dice % sides;
      };
      const stir = (crowd: readonly Person[]) =>
        Promise.all(
          crowd.map(async (person) => {
            if (roll(3) === 0) await person.try('room:leave', { roomId });
            if (roll(3) === 0) await person.try('room:join', { roomId });
          }),
        );
      if (roll(3) === 0) seam.interruptFeed();
      // Members of the other node: on this node the join would wait for itself.
      seam.beforeJoin(() => stir(far));
      seam.beforeWelcome(() => stir(far));
      const alice = here.connect('alice');
      const join = alice.do('room:join', { roomId });
      await stir([...near, ...far]);
      const answer = await join;
      await runMicrotasks();
      const fences = new Map(
        ('room' in answer ? answer.room.audience.members : []).map(({ userId: user, fence }) => [
          user as string,
          fence,
        ]),
      );
      for (const { joined = [], left = [] } of alice.payloadsOf('room:audience')) {
        for (const { userId: user, fence } of joined) if (fence >= (fences.get(user) ?? 0)) fences.set(user, fence);
        for (const { userId: user, fence } of left) if (fence >= (fences.get(user) ?? 0)) fences.delete(user);
      }
      const { count, members } = await engines.presence.sample(roomId, 100);
      expect([...fences.keys()].sort(), `seed ${seed}`).toEqual(members.map(({ userId: user }) => user).sort());
      expect(alice.payloadsOf('room:audience').at(-1)?.count ?? count).toBe(count);
      await Promise.all([here.close(), there.close()]);
    }
  });
});
