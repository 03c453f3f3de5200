// Server → client: the table of all events that a client may receive, each with its schema.
import { z } from 'zod';
import { closingCodes } from './errors.ts';
import { roomIdSchema, seatIndexSchema, userIdSchema } from './ids.ts';
import { messageEventSchemas } from './messages.ts';
import { updateSchema } from './room-events.ts';
import { grantSchema, memberSchema, roomSnapshotSchema, youSchema } from './snapshot.ts';
import { invitationStatusSchema, reasonSchema, requestStatusSchema, timeSchema } from './stage.ts';

const roomId = roomIdSchema;

export const serverEventSchemas = {
  /** The first event on a connection (CONN-4). */
  'session:ready': z.strictObject({
    userId: userIdSchema,
    sessionId: z.string(),
    protocol: z.int(),
    serverTime: timeSchema,
    tokenExpiresAt: timeSchema,
  }),
  /** The token expires at `at`. Half a minute later the session ends, unless the client renews it (CONN-5). */
  'session:expiring': z.strictObject({ at: timeSchema }),
  /** The last event before the server closes the connection (CONN-6). */
  'session:closing': z.strictObject({
    code: z.enum(closingCodes),
    message: z.string(),
    reconnect: z.enum(['now', 'after', 'never']),
    afterMs: z.int().optional(),
  }),
  /** New commits of the stage; one item is one commit (SYNC-1). */
  'room:events': z.strictObject({ roomId, epoch: z.string(), updates: z.array(updateSchema).min(1) }),
  /** The whole room. Sent when commits are missing for an update, or when the member's role changed (SYNC-8). */
  'room:snapshot': z.strictObject({ room: roomSnapshotSchema, you: youSchema }),
  /** Changes of the audience, in no order. Ignore an entry whose `fence` is lower than one you have seen (SYNC-6). */
  'room:audience': z.strictObject({
    roomId,
    count: z.int().min(0),
    joined: z.array(memberSchema).optional(),
    left: z.array(z.strictObject({ userId: userIdSchema, fence: z.int() })).optional(),
  }),
  /** This session is no longer in the room. */
  'room:left': z.strictObject({
    roomId,
    reason: z.enum(['replaced', 'roomClosed', 'disconnected', 'kicked', 'banned', 'revoked']),
    by: z.string().optional(),
    until: timeSchema.optional(),
  }),
  ...messageEventSchemas,
  /** The state of your own request (REQ-4). */
  'request:update': z.strictObject({
    roomId,
    status: z.enum(['pending', ...requestStatusSchema.options]),
    position: z.int().optional(),
    by: z.string().optional(),
    reason: reasonSchema.optional(),
    note: z.string().optional(),
  }),
  /** The state of an invitation to you (INV-1). */
  'invite:update': z.strictObject({
    roomId,
    status: z.enum(['pending', ...invitationStatusSchema.options]),
    seat: seatIndexSchema.nullable().optional(),
    by: z.string().optional(),
    expiresAt: timeSchema.optional(),
    reason: reasonSchema.optional(),
  }),
  /** Your right to speak changed, or your token is about to expire (RTC-3). */
  'rtc:grant': grantSchema.extend({
    reason: z.enum(['joined', 'seated', 'unseated', 'muted', 'unmuted', 'renewal']),
  }),
} as const;

export type ServerEventName = keyof typeof serverEventSchemas;
export type ServerEventPayload<Name extends ServerEventName> = z.infer<(typeof serverEventSchemas)[Name]>;
export type GrantReason = ServerEventPayload<'rtc:grant'>['reason'];
