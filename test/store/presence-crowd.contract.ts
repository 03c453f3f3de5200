// The presence store's contract when many join and leave at once, run against every engine. An engine may carry out
// several in one step, as if one after the other.
import { beforeEach, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomNews } from '../../src/feed/room-feed.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import { aJoining, aStoredRoom, joined, roomId, uniqueId } from '../support/stored-room.ts';

export function presenceCrowdContract(engine: () => Engines): void {
  let id: RoomId;
  const presence = () => engine().presence;

  beforeEach(async () => {
    id = roomId(uniqueId('room'));
    await engine().store.create(aStoredRoom(engine().store, id), null);
  });

  test('[P2][RTC-2] no two members get the same fence or RTC uid', async () => {
    const users = Array.from({ length: 40 }, (_, index) => `user-${index}`);
    const rtcUids = users.map((_, index) => index + 1);
    const members = await Promise.all(users.map((user) => joined(presence(), id, aJoining(user, { rtcUids }))));
    expect(new Set(members.map(({ rtcUid }) => rtcUid)).size).toBe(40);
    expect(new Set(members.map(({ fence }) => fence)).size).toBe(40);
    expect(members.map(({ userId }) => userId)).toEqual(users);
    const found = await presence().find(
      id,
      members.map(({ userId }) => userId),
    );
    expect(members.map(({ userId }) => found.get(userId))).toEqual(members);
  });

  test('[PRES-1][P3] the requests of one user are carried out in their order', async () => {
    const first = await joined(presence(), id, aJoining('alice'));
    const busy = presence().join(id, aJoining('bob'));
    const answers = await Promise.all([
      presence().leave(id, first),
      presence().join(id, aJoining('alice')),
      presence().leave(id, first),
      presence().join(id, aJoining('alice')),
    ]);
    await busy;
    const [left, back, stale, again] = answers;
    expect([left, stale]).toEqual(['left', 'stale']);
    expect([back, again]).toMatchObject([{ again: false }, { again: true }]);
    const { count, members } = await presence().sample(id, 10);
    expect(count).toBe(2);
    expect(members).toContainEqual(again.status === 'joined' ? again.member : null);
  });

  test('[ROOM-1][PRES-5] a leave makes room for the next join; each result has the count at its moment', async () => {
    const only = await joined(presence(), id, aJoining('alice', { capacity: 1 }));
    const [bob, , carol, dave] = await Promise.all([
      presence().join(id, aJoining('bob', { capacity: 1 })),
      presence().leave(id, only),
      presence().join(id, aJoining('carol', { capacity: 1 })),
      presence().join(id, aJoining('dave', { capacity: 2 })),
    ]);
    expect([bob.status, carol.status, dave.status]).toEqual(['full', 'joined', 'joined']);
    expect([carol, dave]).toMatchObject([{ count: 1 }, { count: 2 }]);
  });

  test('[P1][P4] a refused move does not hold back the others', async () => {
    const owner = await joined(presence(), id, aJoining('owner'));
    const answers = await Promise.all([
      presence().leave(id, owner),
      presence().join(id, aJoining('alice', { entryVersion: 3 })),
      presence().join(id, aJoining('bob', { rtcUids: [owner.rtcUid] })),
      presence().join(id, aJoining('carol')),
    ]);
    expect(answers[0]).toBe('pinned');
    expect(answers.slice(1)).toMatchObject([
      { status: 'entryChanged' },
      { status: 'crowded' },
      { status: 'joined', count: 2 },
    ]);
  });

  test('[P5] all are announced, each once, and the last count is the true one', async () => {
    const received: Extract<RoomNews, { kind: 'audience' }>[] = [];
    const onNews = (one: RoomNews) => one.kind === 'audience' && received.push(one);
    const unsubscribe = await engine().feed.subscribe(id, { onNews, onPossibleGap: () => undefined });
    const users = Array.from({ length: 100 }, (_, index) => `user-${index}`);
    const members = await Promise.all(users.map((user) => joined(presence(), id, aJoining(user))));
    await Promise.all(members.slice(0, 30).map((member) => presence().leave(id, member)));
    const arrivals = () => received.flatMap(({ joined: members = [] }) => members);
    const roomLeave = () => received.flatMap(({ left = [] }) => left);
    await expect.poll(() => roomLeave().length).toBe(30);
    expect(arrivals()).toEqual(members.map((member) => ({ member, again: false })));
    expect(roomLeave().map(({ fence }) => fence)).toEqual(members.slice(0, 30).map(({ fence }) => fence));
    expect(received.at(-1)?.count).toBe(70);
    await unsubscribe();
  });
}
