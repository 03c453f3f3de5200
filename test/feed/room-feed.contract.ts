// The feed's contract, run against every engine. The clauses [F1] and [F2] are those of src/feed/room-feed.ts.
import { beforeEach, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomListener, RoomNews } from '../../src/feed/room-feed.ts';
import type { StoredRoom } from '../../src/store/room-store.ts';
import { aCommit, aStoredRoom, roomId, titled, uniqueId } from '../support/stored-room.ts';

export class Ear implements RoomListener {
  readonly heard: RoomNews[] = [];
  doubts = 0;

  onNews(news: RoomNews): void {
    this.heard.push(news);
  }

  onPossibleGap(): void {
    this.doubts++;
  }

  /** The versions of the commits heard, in order. */
  versions(): number[] {
    return this.heard.flatMap((news) => (news.kind === 'commit' ? [news.record.version] : []));
  }
}

/** Commits one change and returns the room after it. */
export async function change(engines: Engines, room: StoredRoom): Promise<StoredRoom> {
  const { store } = engines;
  const commit = aCommit(store, room, { events: [titled(`Title ${room.version}`, store.now())] });
  expect((await store.commit(commit)).status).toBe('committed');
  return commit.change?.after ?? room;
}

export function fanoutContract(engine: () => Engines): void {
  let room: StoredRoom;

  beforeEach(async () => {
    room = aStoredRoom(engine().store, roomId(uniqueId('room')));
    await engine().store.create(room, null);
  });
  const subscribe = (ear: Ear, of: StoredRoom = room) => engine().feed.subscribe(of.state.roomId, ear);

  test('[F1] what is announced after subscribe() has resolved is heard, what came before is not', async () => {
    const ear = new Ear();
    room = await change(engine(), room);
    await subscribe(ear);
    room = await change(engine(), room);
    await expect.poll(() => ear.versions()).toEqual([2]);
  });

  test('[F2] commits come in their order, to every listener', async () => {
    const ears = [new Ear(), new Ear()];
    for (const ear of ears) await subscribe(ear);
    for (let index = 0; index < 20; index++) room = await change(engine(), room);
    const all = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const ear of ears) await expect.poll(() => ear.versions()).toEqual(all);
  });

  test('who unsubscribes hears nothing more, and takes nothing from the others', async () => {
    const [leaving, staying] = [new Ear(), new Ear()];
    const unsubscribe = await subscribe(leaving);
    await subscribe(staying);
    await unsubscribe();
    room = await change(engine(), room);
    await expect.poll(() => staying.versions()).toEqual([1]);
    expect(leaving.heard).toEqual([]);
  });

  test('subscribing again right after unsubscribing is heard', async () => {
    const ear = new Ear();
    const unsubscribe = await subscribe(new Ear());
    const [, again] = await Promise.all([unsubscribe(), subscribe(ear)]);
    room = await change(engine(), room);
    await expect.poll(() => ear.versions()).toEqual([1]);
    await again();
  });

  test('rooms are heard apart', async () => {
    const other = aStoredRoom(engine().store, roomId(uniqueId('room')));
    await engine().store.create(other, null);
    const [here, there] = [new Ear(), new Ear()];
    await subscribe(here);
    await subscribe(there, other);
    await change(engine(), other);
    await expect.poll(() => there.versions()).toEqual([1]);
    expect(here.heard).toEqual([]);
  });
}
