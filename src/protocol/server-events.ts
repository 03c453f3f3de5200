// Server → client: the table of contents of everything a client may hear. Must not know when it is said.
import { z } from 'zod';
import { closingCodes } from './errors.ts';
import { roomIdSchema, seatIndexSchema, userIdSchema } from './ids.ts';
import { messageEventSchemas } from './messages.ts';
import { updateSchema } from './room-events.ts';
import { grantSchema, memberSchema, roomSnapshotSchema, youSchema } from './snapshot.ts';
import { invitationStatusSchema, reasonSchema, requestStatusSchema, timeSchema } from './stage.ts';

const roomId = roomIdSchema;

export const serverEventSchemas = {
  /** First word on a connection (CONN-4). */
  'session:ready': z.strictObject({
    userId: userIdSchema,
    sessionId: z.string(),
    protocol: z.int(),
    serverTime: timeSchema,
    tokenExpiresAt: timeSchema,
  }),
  /** The token runs out at `at` and half a minute later so does the session, unless renewed (CONN-5). */
  'session:expiring': z.strictObject({ at: timeSchema }),
  /** Last word before the server closes the connection (CONN-6). */
  'session:closing': z.strictObject({
    code: z.enum(closingCodes),
    message: z.string(),
    reconnect: z.enum(['now', 'after', 'never']),
    afterMs: z.int().optional(),
  }),
  /** The stage's history as it grows; one item is one commit (SYNC-1). */
  'room:events': z.strictObject({ roomId, epoch: z.string(), updates: z.array(updateSchema).min(1) }),
  /** The whole room, sent when the history cannot be continued or the member's role changed (SYNC-8). */
  'room:snapshot': z.strictObject({ room: roomSnapshotSchema, you: youSchema }),
  /** Unordered news of the audience; ignore entries whose `fence` is lower than one seen (SYNC-6). */
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
  /** Your own request (REQ-4). */
  'request:update': z.strictObject({
    roomId,
    status: z.enum(['pending', ...requestStatusSchema.options]),
    position: z.int().optional(),
    by: z.string().optional(),
    reason: reasonSchema.optional(),
    note: z.string().optional(),
  }),
  /** An invitation to you (INV-1). */
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
