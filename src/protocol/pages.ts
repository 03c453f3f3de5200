// What is read page by page: the queries and their cursors. Must not know where the lists are kept.
import { z } from 'zod';
import { roomIdSchema, userIdSchema } from './ids.ts';
import { labelSchema, seatModeSchema, timeSchema } from './stage.ts';

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
const MEMBERS_PAGE_MAX = 200;

/** Which page of a room's members (PRES-5). */
export const membersQuery = {
  cursor: z.string().refine(isMembersCursor, wrongCursor).optional(),
  limit: z.int().min(1).max(MEMBERS_PAGE_MAX).default(50),
};

/** The most bans that a page may have. */
const BANS_PAGE_MAX = 200;

/** Which page of a room's bans: those after that user, by the order of ids (PRES-6). */
export const bansQuery = {
  cursor: userIdSchema.optional(),
  limit: z.int().min(1).max(BANS_PAGE_MAX).default(50),
};

/** `<sort>.<shelf>.<rank>.<roomId>`: it means something in the list of that order and category only. */
const roomsCursorPattern = /^(?:new|audience)\.(?:all|[A-Za-z0-9_-]{22})\.\d{16}\.[A-Za-z0-9_-]{1,63}$/;

/** The most rooms that a page may have: more than a screen, less than 200 KiB. */
const ROOMS_PAGE_MAX = 100;

/** Which page of the directory, in which order; without a category all rooms (ROOM-8). */
export const roomsQuery = {
  category: labelSchema.optional(),
  sort: z.enum(['new', 'audience']).default('new'),
  cursor: z.string().regex(roomsCursorPattern, wrongCursor).optional(),
  limit: z.int().min(1).max(ROOMS_PAGE_MAX).default(20),
};
export type RoomsQuery = z.output<z.ZodObject<typeof roomsQuery>>;

/** One line of the directory. */
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
