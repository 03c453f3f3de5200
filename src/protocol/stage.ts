// The parts of a stage on the wire: settings, attributes, seats, requests, invitations.
import { z } from 'zod';
import { seatIndexSchema, userIdSchema } from './ids.ts';

/** Store time, in Unix milliseconds. */
export const timeSchema = z.int().min(0);

export const seatCountSchema = z.int().min(0).max(64);
export const seatModeSchema = z.enum(['free', 'request', 'invite']);
export const ownerAbsentSchema = z.enum(['keep', 'promote', 'close']);
export const chatSchema = z.enum(['all', 'seated', 'off']);
export const titleSchema = z.string().trim().min(1).max(60);
export const noticeSchema = z.string().max(500);
export const coverSchema = z.url({ protocol: /^https$/ }).max(500);
/** A category or tag: letters and digits of any script. */
export const labelSchema = z.string().regex(/^[\p{L}\p{N}_-]{1,32}$/u, '1–32 letters, digits, _ or -');
export const tagsSchema = z.array(labelSchema).max(5);
export const capacitySchema = z.int().min(1).max(100_000);
export const graceMsSchema = z.int().min(0).max(300_000);
export const emptyMsSchema = z.int().min(0).max(86_400_000);
export const passwordSchema = z.string().min(1).max(64);
export const noteSchema = z.string().max(100);

/** Room attributes: the app's own key–value pairs, which every member can read (ROOM-5). */
export const attributeKeySchema = z.string().min(1).max(64);
export const attributeLimits = { keys: 32, bytes: 8 * 1024 } as const;
export const attributesSchema = z.record(attributeKeySchema, z.string().max(attributeLimits.bytes));
export type Attributes = Readonly<Record<string, string>>;

/** Whether a room may have all of these attributes; keys and values count in UTF-8 bytes. */
export const fitsAttributeLimits = (attributes: Attributes): boolean =>
  Object.keys(attributes).length <= attributeLimits.keys &&
  new TextEncoder().encode(Object.entries(attributes).flat().join('')).length <= attributeLimits.bytes;

export const displayNameSchema = z.string().max(64);
export const avatarSchema = z.string().max(500);

/** The settings of a room as every member sees them; the password shows only as `hasPassword`. */
export const settingsSchema = z.strictObject({
  title: z.string(),
  notice: z.string(),
  cover: z.string().nullable(),
  category: z.string().nullable(),
  tags: z.array(z.string()),
  ownerSeat: seatIndexSchema.nullable(),
  seatMode: seatModeSchema,
  chat: chatSchema,
  capacity: capacitySchema,
  hasPassword: z.boolean(),
  ownerAbsent: ownerAbsentSchema,
  emptyMs: emptyMsSchema,
  graceMs: graceMsSchema,
  priority: z.boolean(),
  createdAt: timeSchema,
});
export type Settings = z.infer<typeof settingsSchema>;
export type SeatMode = Settings['seatMode'];

/** The user on a seat. `selfMuted` is their own switch; after a drop the seat is kept until `awayUntil` (PRES-1). */
export const occupantSchema = z.strictObject({
  userId: userIdSchema,
  name: z.string(),
  avatar: z.string(),
  rtcUid: z.int(),
  selfMuted: z.boolean(),
  since: timeSchema,
  awayUntil: timeSchema.nullable(),
});
export type Occupant = z.infer<typeof occupantSchema>;

/** A mic seat; `locked` and `hostMuted` belong to the seat and stay when its occupant changes. */
export const seatSchema = z.strictObject({
  seat: seatIndexSchema,
  locked: z.boolean(),
  hostMuted: z.boolean(),
  occupant: occupantSchema.nullable(),
});
export type Seat = z.infer<typeof seatSchema>;

/** A pending 连麦 request; `seat: null` means any seat. */
export const requestSchema = z.strictObject({
  userId: userIdSchema,
  name: z.string(),
  avatar: z.string(),
  rtcUid: z.int(),
  level: z.int(),
  seat: seatIndexSchema.nullable(),
  note: z.string(),
  at: timeSchema,
  expiresAt: timeSchema,
});
export type Request = z.infer<typeof requestSchema>;

/** The ways in which a request can end; it ends once (REQ-3). */
export const requestStatusSchema = z.enum(['accepted', 'rejected', 'cancelled', 'expired', 'ended']);
export type RequestStatus = z.infer<typeof requestStatusSchema>;

/** A pending invitation; it is bound to the invitee and to this room. `seat: null` means any seat. */
export const invitationSchema = z.strictObject({
  userId: userIdSchema,
  by: z.string(),
  seat: seatIndexSchema.nullable(),
  at: timeSchema,
  expiresAt: timeSchema,
});
export type Invitation = z.infer<typeof invitationSchema>;

export const invitationStatusSchema = z.enum(['accepted', 'declined', 'cancelled', 'expired', 'ended']);

/** Why something ended (ROLE-4); `seated` ends only requests and invitations. */
export const reasonSchema = z.enum([
  'self',
  'kicked',
  'replaced',
  'moved',
  'locked',
  'resized',
  'left',
  'disconnected',
  'banned',
  'expired',
  'modeChanged',
  'roomClosed',
  'service',
  'seated',
]);
export type Reason = z.infer<typeof reasonSchema>;

export const seatedViaSchema = z.enum(['take', 'pick', 'request', 'invite']);
export type SeatedVia = z.infer<typeof seatedViaSchema>;
