// The feed's contract, run against every engine. The clauses [F1] and [F2] are those of src/feed/room-feed.ts.
import { beforeEach, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomListener, RoomNews } from '../../src/feed/room-feed.ts';
import type { StoredRoom } from '../../src/store/room-store.ts';
import { aCommit, aStoredRoom, roomId, titled, uniqueId } from '../support/stored-room.ts';

export class RecordingListener implements RoomListener {
  readonly news: RoomNews[] = [];
  possibleGaps = 0;

  onNews(news: RoomNews): void {
    this.news.push(news);
  }

  onPossibleGap(): void {
    this.possibleGaps++;
  }

  /** The versions of the commits that arrived, in order. */
  versions(): number[] {
    return this.news.flatMap((news) => (news.kind === 'commit' ? [news.record.version] : []));
  }
}

/** Commits one change and returns the room after it. */
export async function change(engines: Engines, room: StoredRoom): Promise<StoredRoom> {
  const { store } = engines;
  const commit = aCommit(store, room, { events: [titled(`Title ${room.version}`, store.now())] });
  expect((await store.commit(commit)).status).toBe('committed');
  return commit.change?.after ?? room;
}

export function roomFeedContract(engine: () => Engines): void {
  let room: StoredRoom;

  beforeEach(async () => {
    room = aStoredRoom(engine().store, roomId(uniqueId('room')));
    await engine().store.create(room, null);
  });
  const subscribe = (listener: RecordingListener, of: StoredRoom = room) =>
    engine().feed.subscribe(of.state.roomId, listener);

  test('[F1] news after subscribe() has resolved arrives, earlier news does not', async () => {
    const listener = new RecordingListener();
    room = await change(engine(), room);
    await subscribe(listener);
    room = await change(engine(), room);
    await expect.poll(() => listener.versions()).toEqual([2]);
  });

  test('[F2] commits arrive in their order, at every listener', async () => {
    const listeners = [new RecordingListener(), new RecordingListener()];
    for (const listener of listeners) await subscribe(listener);
    for (let index = 0; index < 20; index++) room = await change(engine(), room);
    const all = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const listener of listeners) await expect.poll(() => listener.versions()).toEqual(all);
  });

  test('after unsubscribing a listener gets nothing more, and the others still get everything', async () => {
    const [leaving, staying] = [new RecordingListener(), new RecordingListener()];
    const unsubscribe = await subscribe(leaving);
    await subscribe(staying);
    await unsubscribe();
    room = await change(engine(), room);
    await expect.poll(() => staying.versions()).toEqual([1]);
    expect(leaving.news).toEqual([]);
  });

  test('subscribing again right after unsubscribing works', async () => {
    const listener = new RecordingListener();
    const unsubscribe = await subscribe(new RecordingListener());
    const [, again] = await Promise.all([unsubscribe(), subscribe(listener)]);
    room = await change(engine(), room);
    await expect.poll(() => listener.versions()).toEqual([1]);
    await again();
  });

  test('the feeds of rooms are separate', async () => {
    const other = aStoredRoom(engine().store, roomId(uniqueId('room')));
    await engine().store.create(other, null);
    const [here, there] = [new RecordingListener(), new RecordingListener()];
    await subscribe(here);
    await subscribe(there, other);
    await change(engine(), other);
    await expect.poll(() => there.versions()).toEqual([1]);
    expect(here.news).toEqual([]);
  });
}
