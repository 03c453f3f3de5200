// The directory's contract, run against every engine.
import { expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { DirectoryEntry } from '../../src/store/directory-store.ts';
import { roomId, userId } from '../support/stored-room.ts';

const anEntry = (id: string, createdAt: number): DirectoryEntry => ({
  roomId: roomId(id),
  title: `Room ${id}`,
  cover: null,
  category: null,
  tags: [],
  ownerId: userId('owner'),
  seatMode: 'free',
  seatCount: 9,
  seatsTaken: 0,
  audienceCount: 1,
  hasPassword: false,
  createdAt,
});

/** `fresh` gives an engine whose directory is empty. */
export function directoryStoreContract(fresh: () => Promise<Engines>): void {
  test('[ROOM-8] rooms are listed newest first, page by page, each once', async () => {
    const { directory } = await fresh();
    const entries = Array.from({ length: 25 }, (_, index) => anEntry(`r${index}`, 1_000 + Math.floor(index / 3)));
    for (const entry of entries) await directory.announce(entry);
    const seen: DirectoryEntry[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page = await directory.list({ cursor, limit: 4 });
      seen.push(...page.rooms);
      cursor = page.cursor;
      pages++;
    } while (cursor !== null && pages < 50);
    expect(pages).toBe(7);
    expect(seen.map(({ createdAt }) => createdAt)).toEqual(entries.map(({ createdAt }) => createdAt).reverse());
    expect(new Set(seen.map((entry) => entry.roomId)).size).toBe(25);
  });

  test('[ROOM-8] an announcement replaces the one before; a removed room is not listed', async () => {
    const { directory } = await fresh();
    await directory.announce(anEntry('a', 1));
    await directory.announce({ ...anEntry('a', 1), audienceCount: 7 });
    await directory.announce(anEntry('b', 2));
    await directory.remove(roomId('b'));
    expect(await directory.list({ cursor: null, limit: 10 })).toEqual({
      rooms: [{ ...anEntry('a', 1), audienceCount: 7 }],
      cursor: null,
    });
  });

  test('an exactly full page is the last one', async () => {
    const { directory } = await fresh();
    await directory.announce(anEntry('a', 1));
    await directory.announce(anEntry('b', 2));
    const page = await directory.list({ cursor: null, limit: 2 });
    expect([page.rooms.length, page.cursor]).toEqual([2, null]);
  });
}
