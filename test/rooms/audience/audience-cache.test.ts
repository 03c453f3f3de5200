// Who is in a room, as a node knows it without asking: kept true by the feed, read again after a doubt (PRES-5, SYNC-6).
import { describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import type { RoomId } from '../../../src/protocol/ids.ts';
import { AudienceCache } from '../../../src/rooms/audience/audience-cache.ts';
import { type AudienceGap, missedIn } from '../../../src/rooms/audience/audience-gap.ts';
import { visibleNews } from '../../../src/rooms/audience/audience-sample.ts';
import type { MemberRecord } from '../../../src/store/presence-store.ts';
import { interpose } from '../../support/interposed.ts';
import { ManualClock, settleMicrotasks } from '../../support/manual-clock.ts';
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
const came = (user: string, fence: number, count: number) => ({
  kind: 'audience' as const,
  count,
  joined: [{ member: member(user, fence), again: false }],
});
const went = (user: string, fence: number, count: number) => ({
  kind: 'audience' as const,
  count,
  left: [{ userId: userId(user), fence }],
});

/** What the store holds, and how often it was read. */
function aHall(...fences: readonly number[]) {
  const stored = fences.map((fence) => member(`user-${fence}`, fence));
  let reads = 0;
  const gaps: AudienceGap[] = [];
  let meanwhile = async (): Promise<void> => undefined;
  const known = new AudienceCache(
    async (limit) => {
      reads++;
      const answer = { count: stored.length, members: stored.slice(0, limit) };
      const task = meanwhile;
      meanwhile = async () => undefined;
      await settleMicrotasks();
      await task();
      return answer;
    },
    (gap) => gaps.push(gap),
  );
  const fencesKnown = () => known.members.map(({ fence }) => fence);
  return {
    known,
    stored,
    fencesKnown,
    gaps,
    reads: () => reads,
    meanwhile: (task: () => Promise<void>) => (meanwhile = task),
  };
}
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('what a node knows of an audience', () => {
  test('[PRES-5] is read once, and follows the feed by fences', async () => {
    const { known, fencesKnown, reads } = aHall(1, 2);
    expect(known.isKnown).toBe(false);
    await Promise.all([known.ready(), known.ready()]);
    known.onNews(came('user-3', 3, 3));
    known.onNews(went('user-1', 1, 2));
    known.onNews(came('user-2', 5, 2));
    known.onNews(went('user-2', 2, 2));
    known.onNews(came('user-2', 4, 2));
    await known.ready();
    expect([fencesKnown(), known.count, reads()]).toEqual([[5, 3], 2, 1]);
  });

  test('[SYNC-6] what is heard, and who joined, while it is read is not lost', async () => {
    const { known, fencesKnown, meanwhile } = aHall(1, 2);
    meanwhile(async () => {
      known.onNews(went('user-1', 1, 1));
      known.onNews(came('user-3', 3, 2));
      known.onJoin(member('user-4', 4), 3);
    });
    await known.ready();
    expect([fencesKnown(), known.count]).toEqual([[2, 3, 4], 3]);
  });

  test('[SYNC-6] a doubt makes it be read again; an answer that was on its way counts for nothing', async () => {
    const { known, stored, fencesKnown, reads, meanwhile } = aHall(1, 2);
    meanwhile(async () => {
      stored.splice(0, 1);
      known.invalidate();
    });
    await known.ready();
    expect([fencesKnown(), reads()]).toEqual([[2], 2]);
    known.invalidate();
    expect(known.isKnown).toBe(false);
    await known.ready();
    expect(reads()).toBe(3);
  });

  test('[SYNC-6] a count that came with a new session only was told to nobody, and is told behind the gap', async () => {
    const { known, stored, gaps } = aHall(1, 2);
    await known.ready();
    // The coming of this one is not heard.
    stored.push(member('user-3', 3));
    known.onNews({ kind: 'audience', count: 3, joined: [{ member: member('user-1', 4), again: true }] });
    known.invalidate();
    await known.ready();
    expect(gaps.map((gap) => missedIn(gap, { count: 3, namedMax: 2 }))).toEqual(['count']);
  });

  test('[SYNC-6] news that come late while it is read behind a gap hide nobody who was missed', async () => {
    const { known, stored, gaps, meanwhile } = aHall(1);
    await known.ready();
    known.invalidate();
    stored.push(member('user-2', 2), member('user-3', 3));
    meanwhile(async () => known.onNews(came('user-2', 2, 2)));
    await known.ready();
    expect([known.count, gaps.map(({ now }) => now.count)]).toEqual([3, [3]]);
    const [told] = gaps.map((gap) => missedIn(gap, { count: 2, namedMax: 200 }));
    expect(told).toMatchObject({ count: 3, joined: [{ userId: 'user-3' }] });
  });

  test('[ACK-4] a failed reading fails those who wait for it, and the next one succeeds', async () => {
    const { known, fencesKnown, meanwhile } = aHall(1);
    meanwhile(() => Promise.reject(new Error('away')));
    const waiting = [known.ready(), known.ready()].map((one) => one.catch(() => 'failed'));
    expect(await Promise.all(waiting)).toEqual(['failed', 'failed']);
    await known.ready();
    expect(fencesKnown()).toEqual([1]);
  });

  test('[PRES-5] of a large hall some are known; it is read again when they are fewer than a snapshot shows', async () => {
    const { known, stored, reads } = aHall(...range(1_000));
    await known.ready();
    expect([known.members.length, known.count]).toEqual([100, 1_000]);
    known.onNews(came('late', 2_000, 1_001));
    expect(known.members.length).toBe(100);
    for (const fence of range(50)) known.onNews(went(`user-${fence}`, fence, 1_001 - fence));
    await known.ready();
    expect([known.members.length, reads()]).toEqual([50, 1]);
    known.onNews(went('user-51', 51, 950));
    stored.splice(0, 51);
    expect([known.isComplete, known.isKnown]).toEqual([false, true]);
    await known.ready();
    expect([known.members.length, reads()]).toEqual([100, 2]);
  });

  test('[PRES-5] the same members are the same array, so that what is made of it can be kept', async () => {
    const { known } = aHall(...range(200));
    await known.ready();
    const before = known.members;
    known.onNews(came('late', 2_000, 201));
    known.onNews(went('user-150', 150, 200));
    known.onJoin(member('user-1', 1), 200);
    expect(known.members).toBe(before);
  });
});

describe('[PRES-1][SYNC-6] what members hear of comings and goings in one step', () => {
  test('names each once, and nobody as come who is gone again', () => {
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
    const shown = visibleNews({ kind: 'audience', count: 9, joined, left });
    expect(shown.joined.map(({ userId, fence }) => [userId, fence])).toEqual([
      ['carol', 6],
      ['dave', 7],
    ]);
    expect([shown.left, shown.count]).toEqual([left, 9]);
  });
});

describe('a room that is held here', () => {
  /** The same engines, and what is asked of them. */
  function counted(engines: Engines): { engines: Engines; asked: string[] } {
    const asked: string[] = [];
    const watch = <Store extends object>(store: Store): Store =>
      new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name) as unknown;
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            if (name !== 'now') asked.push(String(name));
            return value.apply(target, args) as unknown;
          };
        },
      });
    const { store, presence, sanctions, attempts, messages } = engines;
    const watched = { store, presence, sanctions, attempts, messages };
    const entries = Object.entries(watched).map(([name, one]) => [name, watch<object>(one)]);
    return { engines: { ...engines, ...(Object.fromEntries(entries) as typeof watched) }, asked };
  }

  test('[ROOM-2][PRES-5] a join asks the store once', async () => {
    const clock = new ManualClock();
    const { engines, asked } = counted(createMemoryEngines(clock));
    const node = new RoomNode(engines, clock);
    await node.connect('owner').do('room:create', { roomId: 'r1', title: 'A' });
    await settleMicrotasks();
    asked.length = 0;
    const answer = await node.connect('alice').do('room:join', { roomId: 'r1' });
    expect(asked).toEqual(['join']);
    expect(answer).toMatchObject({
      room: { audience: { count: 2, members: [{ userId: 'owner' }, { userId: 'alice' }] } },
    });
    await node.close();
  });

  test('[ROOM-2] whoever joins is in his own snapshot, though the feed has not told of him yet', async () => {
    const clock = new ManualClock();
    const seam = interpose(createMemoryEngines(clock));
    const node = new RoomNode(seam, clock);
    await node.connect('owner').do('room:create', { roomId: 'r1', title: 'A' });
    await settleMicrotasks();
    seam.loseNews(1);
    const answer = await node.connect('alice').do('room:join', { roomId: 'r1' });
    expect(answer).toMatchObject({
      room: { audience: { count: 2, members: [{ userId: 'owner' }, { userId: 'alice' }] } },
    });
    await node.close();
  });

  test('[PRES-5][SYNC-6] whoever comes in sees and hears in the end who is there, whatever happens meanwhile', async () => {
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
      // Of the other node: those of this one would wait for themselves.
      seam.beforeJoin(() => stir(far));
      seam.beforeWelcome(() => stir(far));
      const alice = here.connect('alice');
      const welcome = alice.do('room:join', { roomId });
      await stir([...near, ...far]);
      const answer = await welcome;
      await settleMicrotasks();
      const fences = new Map(
        ('room' in answer ? answer.room.audience.members : []).map(({ userId: user, fence }) => [
          user as string,
          fence,
        ]),
      );
      for (const { joined = [], left = [] } of alice.heardOf('room:audience')) {
        for (const { userId: user, fence } of joined) if (fence >= (fences.get(user) ?? 0)) fences.set(user, fence);
        for (const { userId: user, fence } of left) if (fence >= (fences.get(user) ?? 0)) fences.delete(user);
      }
      const { count, members } = await engines.presence.sample(roomId, 100);
      expect([...fences.keys()].sort(), `seed ${seed}`).toEqual(members.map(({ userId: user }) => user).sort());
      expect(alice.heardOf('room:audience').at(-1)?.count ?? count).toBe(count);
      await Promise.all([here.close(), there.close()]);
    }
  });
});
