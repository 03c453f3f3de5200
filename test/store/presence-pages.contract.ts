// Reading a room's members page by page, run against every engine: clause [P6] of src/store/presence-store.ts.
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Engines } from '../../src/engines.ts';
import type { RoomId, UserId } from '../../src/protocol/ids.ts';
import { membersQuery } from '../../src/protocol/pages.ts';
import type { MemberRecord } from '../../src/store/presence-store.ts';
import { aJoining, aStoredRoom, joined, roomId, uniqueId } from '../support/stored-room.ts';

const querySchema = z.strictObject(membersQuery);
/** More pages than any test here needs: a list that does not end is a failure, not a hang. */
const PAGES_MAX = 3_000;

/** All pages from the first to the last; `between` runs after each of them. */
export async function walk(
  { presence }: Engines,
  id: RoomId,
  { limit, between = async () => undefined }: { limit: number; between?: (page: number) => Promise<unknown> },
): Promise<UserId[]> {
  const seen: UserId[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await presence.page(id, { cursor, limit });
    expect(answer.members.length).toBeLessThanOrEqual(limit);
    seen.push(...answer.members.map(({ userId }) => userId));
    if (answer.cursor === null) return seen;
    cursor = querySchema.parse({ cursor: answer.cursor }).cursor ?? null;
    await between(page);
  }
  throw new Error('the pages do not end');
}

export function presencePagesContract(engine: () => Engines): void {
  let id: RoomId;
  const enter = (names: readonly string[]): Promise<MemberRecord[]> =>
    Promise.all(names.map((name) => joined(engine().presence, id, aJoining(name))));
  const named = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

  beforeEach(async () => {
    id = roomId(uniqueId('room'));
    await engine().store.create(aStoredRoom(engine().store, id), null);
  });

  test.each([1, 7, 50, 199, 200])('[PRES-5] pages of %i name every member of a still room once', async (limit) => {
    const names = named('user', 200);
    await enter(names);
    expect((await walk(engine(), id, { limit })).sort()).toEqual([...names].sort());
  });

  test('[PRES-5] a page has complete members and the number of all', async () => {
    const [alice] = await enter(['alice', 'bob', 'carol']);
    const { members, cursor, count } = await engine().presence.page(id, { cursor: null, limit: 10 });
    expect([members.length, cursor, count]).toEqual([3, null, 3]);
    expect(members.find(({ userId }) => userId === 'alice')).toEqual(alice);
  });

  test.each([1, 6, 40])('[PRES-5] pages of %i miss nobody who stays while others come and go', async (limit) => {
    const staying = named('stays', 100);
    const going = await enter([...staying, ...named('goes', 300)]).then((all) => all.slice(staying.length));
    const between = async (page: number) => {
      for (const one of going.splice(0, 10)) await engine().presence.leave(id, one);
      if (page < 60) await enter(named(`new-${page}`, 10));
    };
    const seen = new Set<string>(await walk(engine(), id, { limit, between }));
    expect(staying.filter((name) => !seen.has(name))).toEqual([]);
  });

  test('[PRES-5] an invented cursor does no harm; one that no page could return is refused', async () => {
    await enter(named('user', 30));
    const forged = ['0', '7', '18446744073709551615', '0.0.zzz', '123.456.a', '0.18446744073709551615.-'];
    for (const cursor of forged) {
      expect(querySchema.safeParse({ cursor }).success).toBe(true);
      const page = await engine().presence.page(id, { cursor, limit: 10 });
      expect(page.members.length).toBeLessThanOrEqual(10);
      expect(page.count).toBe(30);
    }
    for (const cursor of [
      '',
      '18446744073709551616',
      '-1',
      '1.2',
      '0.99999999999999999999.a',
      '0.0.a:b',
      '0.0.',
      'x',
    ]) {
      expect(querySchema.safeParse({ cursor }).success).toBe(false);
    }
  });

  test('[PRES-5] a missing room has no members', async () => {
    const page = await engine().presence.page(roomId(uniqueId('room')), { cursor: null, limit: 10 });
    expect(page).toEqual({ members: [], cursor: null, count: 0 });
  });
}
