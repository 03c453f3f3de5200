// The orders of the directory: where a room stands in each, and the cursors that name a place. Pure; knows no engine.
import { createHash } from 'node:crypto';
import type { RoomEntry, RoomsQuery } from '../protocol/pages.ts';

export type DirectorySort = RoomsQuery['sort'];
export const directorySorts: readonly DirectorySort[] = ['new', 'audience'];

/** The shelf on which every room stands. */
export const ALL_ROOMS = 'all';

/** Times in milliseconds have 13 digits until 2286. */
const RANK_DIGITS = 16;

/** The shelf of a category, 22 characters of the id alphabet: the text itself must not get into a key. */
export const shelfOf = (category: string | null): string =>
  category === null ? ALL_ROOMS : createHash('sha256').update(category).digest('base64url').slice(0, 22);

/** Under this name a room stands in the indexes of that order; names are sorted as texts, the highest comes first. */
export function nameIn(sort: DirectorySort, { createdAt, audienceCount, roomId }: RoomEntry): string {
  const rank = sort === 'new' ? createdAt : audienceCount;
  return `${String(rank).padStart(RANK_DIGITS, '0')}.${roomId}`;
}

interface Where {
  readonly sort: DirectorySort;
  readonly category: string | null;
}

const cursorStart = ({ sort, category }: Where): string => `${sort}.${shelfOf(category)}.`;

/** The cursor of the page that begins after that name. */
export const cursorAfter = (where: Where, name: string): string => cursorStart(where) + name;

/** Whether the cursor was given out for this order and category. */
export const isCursorOf = (where: Where, cursor: string): boolean => cursor.startsWith(cursorStart(where));

/** The name after which that page begins; empty: at the top. */
export const nameBefore = (where: Where, cursor: string | null): string =>
  cursor === null ? '' : cursor.slice(cursorStart(where).length);
