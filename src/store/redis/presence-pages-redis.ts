// Cuts pages of a given size out of HSCAN, which brings batches of whatever size it likes. Must not know the driver.
//
// A scan cursor names a place in the order of the hash, and HSCAN from there always goes on, however the hash grows or
// shrinks meanwhile. So a page takes batches as long as they fit and ends between two of them. Batches are made smaller
// towards the page's end, down to COUNT 1, which brings one bucket. Only when a single such batch is larger than a whole
// page (a small hash may come in one piece) it is split: its members are taken in the order of their ids, and the cursor
// says where the batch begins, where it ends, and the last id taken. Found again with the same end, the batch covers
// the same part of the hash, and who stayed and has a lower id was shown. Found with another end, it begins afresh:
// somebody may then be shown twice, but nobody is passed over.
import type { MemberRecord, MembersPage, MembersQuery } from '../presence-store.ts';

/** One HSCAN from a cursor: its members without the placeholder, and the cursor that comes next ('0': the end). */
export type MemberScan = (
  cursor: string,
  count: number,
) => Promise<{ readonly next: string; readonly members: readonly MemberRecord[] }>;

/** A page ends after so many scans, however little they brought: a hash that many have left is mostly empty buckets. */
const SCANS_MAX = 40;

/** The members of one page and where the next begins. */
export async function readPage(scan: MemberScan, { cursor, limit }: MembersQuery): Promise<Omit<MembersPage, 'count'>> {
  const page = new Map<string, MemberRecord>();
  const end = (next: string | null) => ({ members: [...page.values()], cursor: next });
  let [from = '0', splitEnd, after] = cursor?.split('.') ?? [];
  let count = splitEnd === undefined ? halfOf(limit) : 1;
  for (let scans = 0; scans < SCANS_MAX && page.size < limit; scans++) {
    const free = limit - page.size;
    const { next, members } = await scan(from, count);
    const lastShown = splitEnd === next ? after : undefined;
    const batch = lastShown === undefined ? members : members.filter(({ userId }) => userId > lastShown);
    if (batch.length <= free) {
      for (const member of batch) page.set(member.userId, member);
      if (next === '0') return end(null);
      [from, splitEnd, after] = [next, undefined, undefined];
      count = halfOf(limit - page.size);
    } else if (count > 1) {
      count = halfOf(count);
    } else if (page.size > 0) {
      return end(from);
    } else {
      const split = [...batch].sort((a, b) => (a.userId < b.userId ? -1 : 1)).slice(0, free);
      for (const member of split) page.set(member.userId, member);
      return end(`${from}.${next}.${split.at(-1)?.userId}`);
    }
  }
  return end(from);
}

/** A batch is usually a little larger than its COUNT: half of what is free leaves room for that. */
const halfOf = (count: number): number => Math.max(1, count >> 1);
