// The events of a stage that clients see: one schema per type (SYNC-5, SYNC-7). domain/apply has the effect of each.
import { z } from 'zod';
import { seatIndexSchema, userIdSchema } from './ids.ts';
import {
  attributeKeySchema,
  attributesSchema,
  invitationSchema,
  invitationStatusSchema,
  occupantSchema,
  reasonSchema,
  requestSchema,
  requestStatusSchema,
  seatCountSchema,
  seatedViaSchema,
  settingsSchema,
  timeSchema,
} from './stage.ts';

/** The operator: a userId, `service` (the app's backend) or `system` (a deadline, a count). */
const bySchema = z.string();
const event = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.strictObject({ type: z.literal(type), by: bySchema, at: timeSchema, ...shape });

const seat = seatIndexSchema;
const userId = userIdSchema;

/** The events that all members see. */
export const publicEventSchemas = {
  'room.updated': event('room.updated', { changes: settingsSchema.partial() }),
  'room.closed': event('room.closed', { reason: z.string() }),
  'attributes.changed': event('attributes.changed', { set: attributesSchema, deleted: z.array(attributeKeySchema) }),
  'seat.taken': event('seat.taken', { seat, occupant: occupantSchema, via: seatedViaSchema }),
  'seat.left': event('seat.left', { seat, userId, reason: reasonSchema }),
  'seat.moved': event('seat.moved', { userId, from: seat, to: seat, occupant: occupantSchema }),
  'seat.locked': event('seat.locked', { seat }),
  'seat.unlocked': event('seat.unlocked', { seat }),
  'seat.muted': event('seat.muted', { seat }),
  'seat.unmuted': event('seat.unmuted', { seat }),
  'seat.away': event('seat.away', { seat, userId, until: timeSchema }),
  'seat.back': event('seat.back', { seat, userId }),
  'seats.resized': event('seats.resized', { seatCount: seatCountSchema }),
  'mic.changed': event('mic.changed', { seat, userId, selfMuted: z.boolean() }),
  'admin.added': event('admin.added', { userId }),
  'admin.removed': event('admin.removed', { userId }),
  'owner.changed': event('owner.changed', { from: userId, to: userId, reason: z.string() }),
  'requests.counted': event('requests.counted', { requestCount: z.int().min(0) }),
} as const;

/** The events that only staff see. */
export const staffEventSchemas = {
  'request.added': event('request.added', { request: requestSchema }),
  'request.updated': event('request.updated', { request: requestSchema }),
  'request.ended': event('request.ended', {
    userId,
    status: requestStatusSchema,
    reason: reasonSchema.optional(),
    note: z.string().optional(),
  }),
  'invite.added': event('invite.added', { invitation: invitationSchema }),
  'invite.ended': event('invite.ended', { userId, status: invitationStatusSchema, reason: reasonSchema.optional() }),
  /** With `until`: the user is also banned, until that time. */
  'member.kicked': event('member.kicked', { userId, until: timeSchema.optional() }),
  /** Without `until`: until the ban is lifted. */
  'member.banned': event('member.banned', { userId, until: timeSchema.optional() }),
  'member.unbanned': event('member.unbanned', { userId }),
  'member.silenced': event('member.silenced', { userId, until: timeSchema }),
  'member.unsilenced': event('member.unsilenced', { userId }),
} as const;

export type PublicEvent = z.infer<(typeof publicEventSchemas)[keyof typeof publicEventSchemas]>;
export type StaffEvent = z.infer<(typeof staffEventSchemas)[keyof typeof staffEventSchemas]>;
/** All events that a member may see. */
export type RoomEvent = PublicEvent | StaffEvent;

const everyEvent = [...Object.values(publicEventSchemas), ...Object.values(staffEventSchemas)];
const roomEventSchema = z.discriminatedUnion(
  'type',
  everyEvent as [(typeof everyEvent)[number]],
) as unknown as z.ZodType<RoomEvent>;

/**
 * One commit as a member sees it. Let `mine` be the client's version. If `after ≤ mine < version`, apply it. If
 * `version ≤ mine`, skip it. Otherwise there is a gap.
 */
export const updateSchema = z.strictObject({
  after: z.int().min(0),
  version: z.int().min(1),
  at: timeSchema,
  events: z.array(roomEventSchema).min(1).readonly(),
});
export type Update = z.infer<typeof updateSchema>;
