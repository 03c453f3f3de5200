// The shapes that a member gets in full: the room, the member's own state in it, and their grant.
import { z } from 'zod';
import { messageIdSchema, roomIdSchema, seatIndexSchema, userIdSchema } from './ids.ts';
import { chatMessageSchema } from './messages.ts';
import { roomEntrySchema } from './pages.ts';
import { updateSchema } from './room-events.ts';
import { attributesSchema, invitationSchema, requestSchema, seatSchema, settingsSchema, timeSchema } from './stage.ts';

const roleSchema = z.enum(['owner', 'admin', 'member']);
export type MemberRole = z.infer<typeof roleSchema>;

/** A member in the audience list. */
export const memberSchema = z.strictObject({
  userId: userIdSchema,
  name: z.string(),
  avatar: z.string(),
  role: roleSchema,
  seat: seatIndexSchema.nullable(),
  since: timeSchema,
  /** The number of the member's session: an event with a lower one is about an older session (SYNC-6). */
  fence: z.int(),
});
export type MemberView = z.infer<typeof memberSchema>;

/** How many members the room has, and the first 50 of them. */
const audienceSchema = z.strictObject({ count: z.int(), members: z.array(memberSchema) });

/** The room at one version; `requests` and `invitations` only for staff (REQ-4). */
export const roomSnapshotSchema = z.strictObject({
  roomId: roomIdSchema,
  epoch: z.string(),
  version: z.int().min(0),
  ...settingsSchema.shape,
  ownerId: userIdSchema,
  admins: z.array(userIdSchema),
  seatCount: z.int(),
  seats: z.array(seatSchema),
  requestCount: z.int(),
  requests: z.array(requestSchema).optional(),
  invitations: z.array(invitationSchema).optional(),
  attributes: attributesSchema,
  audience: audienceSchema,
  /** The last 50 chat messages, oldest first (MSG-3). */
  recentMessages: z.array(chatMessageSchema),
});
export type RoomSnapshot = z.infer<typeof roomSnapshotSchema>;

/** The receiving member's own state, which others do not get in full. */
export const youSchema = z.strictObject({
  role: roleSchema,
  seat: seatIndexSchema.nullable(),
  request: requestSchema.extend({ position: z.int() }).nullable(),
  invitation: invitationSchema.nullable(),
  fence: z.int(),
});
export type You = z.infer<typeof youSchema>;

export const grantRoleSchema = z.enum(['publisher', 'subscriber']);
export type GrantRole = z.infer<typeof grantRoleSchema>;

/** The ICE servers through which browsers reach each other, in the form that RTCPeerConnection takes. */
const iceServerSchema = z.strictObject({
  urls: z.array(z.string()),
  username: z.string().optional(),
  credential: z.string().optional(),
});

/** A grant: a client enters the voice channel with it. Always complete (RTC-1). `expiresAt` null: it never expires. */
export const grantSchema = z.strictObject({
  roomId: roomIdSchema,
  provider: z.enum(['agora', 'p2p', 'none']),
  appId: z.string().nullable(),
  channel: z.string(),
  uid: z.int(),
  role: grantRoleSchema,
  token: z.string().nullable(),
  expiresAt: timeSchema.nullable(),
  capabilities: z.strictObject({ publishEnforcedByToken: z.boolean(), instantRevoke: z.boolean() }),
  /** With `p2p` only. */
  iceServers: z.array(iceServerSchema).optional(),
});
export type Grant = z.infer<typeof grantSchema>;

/** A ban in the list of bans; `until` null: until it is lifted. */
const banSchema = z.strictObject({
  userId: userIdSchema,
  by: z.string(),
  at: timeSchema,
  until: timeSchema.nullable(),
});
export type Ban = z.infer<typeof banSchema>;

const syncedUpdates = { updates: z.array(updateSchema), epoch: z.string(), version: z.int() };
const fullRoom = { room: roomSnapshotSchema, you: youSchema };

/** The ack's `data` of the commands that read or enter a room. */
export const roomAckSchemas = {
  'room:create': z.strictObject({ ...fullRoom, grant: grantSchema }),
  'room:join': z.union([
    z.strictObject({ ...fullRoom, grant: grantSchema }),
    // The audience has no versions, so a client that resumes gets the present state of it.
    z.strictObject({
      ...syncedUpdates,
      audience: audienceSchema,
      /** Chat since `resume.messageId`, or all recent chat; then the ids of the recent messages that were deleted. */
      messages: z.array(chatMessageSchema),
      deletedMessages: z.array(messageIdSchema),
      you: youSchema,
      grant: grantSchema,
    }),
  ]),
  'room:leave': z.strictObject({}),
  'room:sync': z.union([z.strictObject(syncedUpdates), z.strictObject(fullRoom)]),
  'ban:list': z.strictObject({ bans: z.array(banSchema), cursor: userIdSchema.nullable() }),
  /** `cursor` null: this is the last page. Other pages may be short, too (PRES-5). */
  'room:members': z.strictObject({ members: z.array(memberSchema), cursor: z.string().nullable(), count: z.int() }),
  'room:list': z.strictObject({ rooms: z.array(roomEntrySchema), cursor: z.string().nullable() }),
  'rtc:renew': z.strictObject({ grant: grantSchema }),
} as const;
