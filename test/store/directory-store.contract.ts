// The directory's contract, run against every engine.
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Engines } from '../../src/engines.ts';
import { roomsQuery } from '../../src/protocol/pages.ts';
import type { DirectoryEntry, DirectoryQuery, DirectoryStore } from '../../src/store/directory-store.ts';
import { roomId, userId } from '../support/stored-room.ts';

export const anEntry = (id: string, facts: Partial<DirectoryEntry> = {}): DirectoryEntry => ({
  roomId: roomId(id),
  title: `房间 "${id}" | 1`,
  cover: null,
  category: null,
  tags: [],
  ownerId: userId('owner'),
  seatMode: 'free',
  seatCount: 9,
  seatsTaken: 0,
  audienceCount: 1,
  hasPassword: false,
  createdAt: 1,
  ...facts,
});

const querySchema = z.strictObject(roomsQuery);
const newest: DirectoryQuery = { sort: 'new', category: null, cursor: null, limit: 10 };

/** The ids on all pages of that list, page by page. */
export async function pagesOf(directory: DirectoryStore, query: DirectoryQuery): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor = query.cursor;
  do {
    const page = await directory.list({ ...query, cursor });
    pages.push(page.rooms.map((room) => room.roomId));
    cursor = page.cursor === null ? null : (querySchema.parse({ cursor: page.cursor }).cursor ?? null);
  } while (cursor !== null && pages.length < 500);
  return pages;
}

/** `fresh` gives an engine whose directory is empty. */
export function directoryStoreContract(fresh: () => Promise<Engines>): void {
  let directory: DirectoryStore;
  beforeEach(async () => {
    ({ directory } = await fresh());
  });
  const listed = async (query: Partial<DirectoryQuery>) => (await pagesOf(directory, { ...newest, ...query })).flat();

  test('[ROOM-8] rooms are listed newest first, page by page, each once', async () => {
    const ids = Array.from({ length: 25 }, (_, index) => `r${String(index).padStart(2, '0')}`);
    for (const [index, id] of ids.entries()) {
      await directory.announce(anEntry(id, { createdAt: 1_000 + Math.floor(index / 3) }));
    }
    const pages = await pagesOf(directory, { ...newest, limit: 4 });
    expect(pages.map(({ length }) => length)).toEqual([4, 4, 4, 4, 4, 4, 1]);
    expect(pages.flat()).toEqual([...ids].reverse());
  });

  test('[ROOM-8] rooms are listed largest audience first, also when many are equally large', async () => {
    const counts = Array.from({ length: 240 }, (_, index) => (index < 230 ? 1 : index * 500));
    await Promise.all(
      counts.map((audienceCount, index) =>
        directory.announce(anEntry(`r${String(index).padStart(3, '0')}`, { audienceCount, createdAt: 1_000 - index })),
      ),
    );
    const ids = await listed({ sort: 'audience', limit: 7 });
    expect(ids).toEqual(counts.map((_, index) => `r${String(239 - index).padStart(3, '0')}`));
  });

  test('[ROOM-8] rooms of one category are listed, in either order', async () => {
    const facts = [
      { category: '音乐', audienceCount: 1, createdAt: 4 },
      { category: '游戏', audienceCount: 9, createdAt: 3 },
      { category: '音乐', audienceCount: 5, createdAt: 2 },
      { category: null, audienceCount: 7, createdAt: 1 },
    ];
    for (const [index, one] of facts.entries()) await directory.announce(anEntry(`r${index}`, one));
    expect(await listed({ category: '音乐', limit: 1 })).toEqual(['r0', 'r2']);
    expect(await listed({ category: '音乐', sort: 'audience', limit: 1 })).toEqual(['r2', 'r0']);
    expect(await listed({ category: '游戏' })).toEqual(['r1']);
    expect(await listed({ category: 'all' })).toEqual([]);
    expect(await listed({ sort: 'audience' })).toEqual(['r1', 'r3', 'r2', 'r0']);
  });

  test('[ROOM-8] an announcement replaces the one before in every order and category', async () => {
    await directory.announce(anEntry('a', { category: '音乐' }));
    await directory.announce(anEntry('b', { audienceCount: 5 }));
    const changed = anEntry('a', { category: '游戏', audienceCount: 7, tags: ['live'] });
    await directory.announce(changed);
    expect(await listed({ category: '音乐' })).toEqual([]);
    expect(await listed({ category: '音乐', sort: 'audience' })).toEqual([]);
    expect(await listed({ sort: 'audience', limit: 1 })).toEqual(['a', 'b']);
    expect(await directory.list({ ...newest, category: '游戏' })).toEqual({ rooms: [changed], cursor: null });
  });

  test('[ROOM-8] a removed room is in no list; removing it again does no harm', async () => {
    await directory.announce(anEntry('a', { category: '音乐' }));
    await directory.announce(anEntry('b'));
    await directory.remove(roomId('a'));
    await directory.remove(roomId('a'));
    for (const sort of ['new', 'audience'] as const) {
      expect(await listed({ sort })).toEqual(['b']);
      expect(await listed({ sort, category: '音乐' })).toEqual([]);
    }
  });

  test('[ROOM-8] an exactly full page is the last one', async () => {
    await directory.announce(anEntry('a'));
    await directory.announce(anEntry('b'));
    const page = await directory.list({ ...newest, limit: 2 });
    expect([page.rooms.length, page.cursor]).toEqual([2, null]);
  });

  test('[ROOM-8] a page begins where the one before ended, also when that room was removed', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await directory.announce(anEntry(id));
    const { cursor } = await directory.list({ ...newest, limit: 2 });
    await directory.remove(roomId('c'));
    await directory.announce(anEntry('e'));
    expect(await listed({ cursor })).toEqual(['b', 'a']);
  });

  test('[ROOM-1] a claim or an announcement notes the owner, and a later one replaces it', async () => {
    const [alice, bob] = [userId('alice'), userId('bob')];
    await directory.claim(alice, roomId('a'));
    await directory.claim(alice, roomId('a'));
    await directory.announce(anEntry('b', { ownerId: alice }));
    expect([...(await directory.ownedBy(alice))].sort()).toEqual(['a', 'b']);
    await directory.announce(anEntry('b', { ownerId: bob }));
    await directory.disown(alice, roomId('a'));
    expect([await directory.ownedBy(alice), await directory.ownedBy(bob)]).toEqual([[], ['b']]);
    await directory.remove(roomId('b'));
    expect(await directory.ownedBy(bob)).toEqual(['b']);
    await directory.disown(bob, roomId('b'));
    await directory.disown(bob, roomId('b'));
    expect(await directory.ownedBy(bob)).toEqual([]);
  });
}
