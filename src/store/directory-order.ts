// The orders of the directory: a room's position in each, and the cursors that name a position. Pure functions.
import { createHash } from 'node:crypto';
import type { RoomEntry, RoomsQuery } from '../protocol/pages.ts';

export type DirectorySort = RoomsQuery['sort'];
export const directorySorts: readonly DirectorySort[] = ['new', 'audience'];

/** The shelf that has every room. */
export const ALL_ROOMS = 'all';

/** Times in milliseconds have 13 digits until 2286. */
const RANK_DIGITS = 16;

/** The shelf of a category, 22 characters of the id alphabet: the text itself must not get into a key. */
export const shelfOf = (category: string | null): string =>
  category === null ? ALL_ROOMS : createHash('sha256').update(category).digest('base64url').slice(0, 22);

/** A room's name in the indexes of that order. Names are sorted as texts; the highest comes first. */
export function nameIn(sort: DirectorySort, { createdAt, audienceCount, roomId }: RoomEntry): string {
  const rank = sort === 'new' ? createdAt : audienceCount;
  return `${String(rank).padStart(RANK_DIGITS, '0')}.${roomId}`;
}

type Listing = Pick<RoomsQuery, 'sort'> & { readonly category: string | null };

const cursorStart = ({ sort, category }: Listing): string => `${sort}.${shelfOf(category)}.`;

/** The cursor of the page that begins after that name. */
export const cursorAfter = (listing: Listing, name: string): string => cursorStart(listing) + name;

/** Whether the cursor was given out for this order and category. */
export const isCursorOf = (listing: Listing, cursor: string): boolean => cursor.startsWith(cursorStart(listing));

/** The name after which that page begins; empty: the page begins at the top. */
export const nameBefore = (listing: Listing, cursor: string | null): string =>
  cursor === null ? '' : cursor.slice(cursorStart(listing).length);
