// The lists that are read page by page: their queries and cursors.
import { z } from 'zod';
import { roomIdSchema, userIdSchema } from './ids.ts';
import { labelSchema, seatModeSchema, timeSchema } from './stage.ts';

const wrongCursor = 'take the cursor from the page before';

/** Redis' scan cursors are unsigned 64-bit integers; Redis answers a higher number with an error. */
const SCAN_CURSOR_MAX = 2n ** 64n - 1n;

/** `<scan cursor>`, or `<scan cursor>.<the next one>.<userId>` when a page ends in the middle of one scan's result. */
const membersCursorPattern = /^(\d{1,20})(?:\.(\d{1,20})\.[A-Za-z0-9_-]{1,63})?$/;

function isMembersCursor(text: string): boolean {
  const [, from, to = '0'] = membersCursorPattern.exec(text) ?? [];
  return from !== undefined && BigInt(from) <= SCAN_CURSOR_MAX && BigInt(to) <= SCAN_CURSOR_MAX;
}

/** The most members that a page may have: the name and avatar of one member may be up to 600 bytes. */
const MEMBERS_PAGE_MAX = 200;

/** The query for a page of a room's members (PRES-5). */
export const membersQuery = {
  cursor: z.string().refine(isMembersCursor, wrongCursor).optional(),
  limit: z.int().min(1).max(MEMBERS_PAGE_MAX).default(50),
};

/** The most bans that a page may have. */
const BANS_PAGE_MAX = 200;

/** The query for a page of a room's bans; `cursor` is the user after which it begins, in the order of ids (PRES-6). */
export const bansQuery = {
  cursor: userIdSchema.optional(),
  limit: z.int().min(1).max(BANS_PAGE_MAX).default(50),
};

/** `<sort>.<shelf>.<rank>.<roomId>`: a position in the list of that order and category, and in no other list. */
const roomsCursorPattern = /^(?:new|audience)\.(?:all|[A-Za-z0-9_-]{22})\.\d{16}\.[A-Za-z0-9_-]{1,63}$/;

/** The most rooms that a page may have: more than a screen shows, and less than 200 KiB. */
const ROOMS_PAGE_MAX = 100;

/** The query for a page of the directory, in one of two orders; without a category it lists all rooms (ROOM-8). */
export const roomsQuery = {
  category: labelSchema.optional(),
  sort: z.enum(['new', 'audience']).default('new'),
  cursor: z.string().regex(roomsCursorPattern, wrongCursor).optional(),
  limit: z.int().min(1).max(ROOMS_PAGE_MAX).default(20),
};
export type RoomsQuery = z.output<z.ZodObject<typeof roomsQuery>>;

/** One room in the directory. */
export const roomEntrySchema = z.strictObject({
  roomId: roomIdSchema,
  title: z.string(),
  cover: z.string().nullable(),
  category: z.string().nullable(),
  tags: z.array(z.string()),
  ownerId: userIdSchema,
  seatMode: seatModeSchema,
  seatCount: z.int(),
  seatsTaken: z.int(),
  audienceCount: z.int(),
  hasPassword: z.boolean(),
  createdAt: timeSchema,
});
export type RoomEntry = Readonly<z.infer<typeof roomEntrySchema>>;
