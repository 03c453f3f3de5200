// What is read page by page: the queries and their cursors. Must not know where the lists are kept.
import { z } from 'zod';

const wrongCursor = 'take the cursor from the page before';

/** Redis' scan cursors are unsigned 64-bit integers; it answers an error to anything higher. */
const SCAN_CURSOR_MAX = 2n ** 64n - 1n;

/** `<scan cursor>`, or `<scan cursor>.<the next one>.<userId>` when a page ends within what one scan brings. */
const membersCursorPattern = /^(\d{1,20})(?:\.(\d{1,20})\.[A-Za-z0-9_-]{1,63})?$/;

function isMembersCursor(text: string): boolean {
  const [, from, to = '0'] = membersCursorPattern.exec(text) ?? [];
  return from !== undefined && BigInt(from) <= SCAN_CURSOR_MAX && BigInt(to) <= SCAN_CURSOR_MAX;
}

/** The most members that a page may have: names and avatars together may be up to 600 bytes each. */
export const MEMBERS_PAGE_MAX = 200;

/** Which page of a room's members (PRES-5). */
export const membersQuery = {
  cursor: z.string().refine(isMembersCursor, wrongCursor).optional(),
  limit: z.int().min(1).max(MEMBERS_PAGE_MAX).default(50),
};
