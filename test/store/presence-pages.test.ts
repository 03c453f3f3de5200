// Pages are cut out of scan batches of any size; the scan here is the test's own.
import { expect, test } from 'vitest';
import type { MemberRecord } from '../../src/store/presence-store.ts';
import { type MemberScan, readPage } from '../../src/store/redis/presence-pages-redis.ts';

const member = (userId: string): MemberRecord => ({ userId }) as MemberRecord;
const ids = ({ members }: { members: readonly MemberRecord[] }) => members.map(({ userId }) => userId).join('');

/** A hash of buckets: a scan returns COUNT of them, but at least one. */
const scanOf =
  (buckets: readonly string[]): MemberScan =>
  async (cursor, count) => {
    const from = Number(cursor);
    let [to, members] = [from, [] as MemberRecord[]];
    do members = [...members, ...[...(buckets[to++] ?? '')].map(member)];
    while (to < buckets.length && members.length < count);
    return { next: to >= buckets.length ? '0' : String(to), members };
  };

test('[PRES-5] a page ends between two buckets when the next one does not fit', async () => {
  const scan = scanOf(['ab', 'cd', 'efg', 'h']);
  const first = await readPage(scan, { cursor: null, limit: 5 });
  expect([ids(first), first.cursor]).toEqual(['abcd', '2']);
  const second = await readPage(scan, { cursor: first.cursor, limit: 5 });
  expect([ids(second), second.cursor]).toEqual(['efgh', null]);
});

test('[PRES-5] a bucket larger than a page is split by ids', async () => {
  const scan = scanOf(['edcba', 'f']);
  const pages = [];
  let cursor: string | null = null;
  do {
    const page = await readPage(scan, { cursor, limit: 2 });
    pages.push([ids(page), page.cursor]);
    cursor = page.cursor;
  } while (cursor !== null && pages.length < 9);
  expect(pages).toEqual([
    ['ab', '0.1.b'],
    ['cd', '0.1.d'],
    ['ef', null],
  ]);
});

test('[PRES-5] a split bucket that has merged with the next one is taken from its beginning', async () => {
  const first = await readPage(scanOf(['bcd', 'ae']), { cursor: null, limit: 2 });
  expect([ids(first), first.cursor]).toEqual(['bc', '0.1.c']);
  const merged = await readPage(scanOf(['abcde']), { cursor: first.cursor, limit: 5 });
  expect([ids(merged), merged.cursor]).toEqual(['abcde', null]);
});

test('[PRES-5] a page over a hash of empty buckets ends', async () => {
  let scans = 0;
  const barren: MemberScan = async (cursor) => {
    scans++;
    return { next: String(Number(cursor) + 1), members: [] };
  };
  const page = await readPage(barren, { cursor: '5', limit: 10 });
  expect([ids(page), page.cursor, scans]).toEqual(['', '45', 40]);
});
