// Cuts pages of a given size out of HSCAN, which returns batches of any size.
//
// A scan cursor names a position in the order of the hash. HSCAN goes on from there, even if the hash grows or shrinks
// meanwhile. So a page takes batches as long as they fit, and ends between two of them. Towards the end of a page the
// batches are made smaller, down to COUNT 1, which brings one bucket.
//
// A single batch may still be larger than a page, because a small hash may come in one piece. Such a batch is split:
// its members are taken in the order of their ids. The cursor then has three parts: where the batch begins, where it
// ends, and the last id taken. If the next scan finds the same end, the batch covers the same part of the hash. Then
// every member with a lower id was on a page already. If it finds another end, the batch is taken from its beginning:
// a member may then come twice, but none is left out.
import type { MemberRecord, MembersPage, MembersQuery } from '../presence-store.ts';

/** One HSCAN from a cursor. Returns the members without the placeholder, and the next cursor ('0': the end). */
export type MemberScan = (
  cursor: string,
  count: number,
) => Promise<{ readonly next: string; readonly members: readonly MemberRecord[] }>;

/** A page ends after this number of scans, even if it is short: a hash that many left is mostly empty buckets. */
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
    const lastTaken = splitEnd === next ? after : undefined;
    const batch = lastTaken === undefined ? members : members.filter(({ userId }) => userId > lastTaken);
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

/** A batch is usually a little larger than its COUNT. Half of the free slots leaves room for that. */
const halfOf = (count: number): number => Math.max(1, count >> 1);
