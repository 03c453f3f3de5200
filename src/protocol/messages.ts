// Messages and signals, as clients send and receive them. They are not part of the stage.
import { z } from 'zod';
import { inRoom, messageIdSchema, roomIdSchema, userIdSchema } from './ids.ts';
import { avatarSchema, displayNameSchema, timeSchema } from './stage.ts';

/** The body of a gift or custom message, as JSON: enough for what a client shows, too little for files. */
export const BODY_MAX_BYTES = 2 * 1024;
/** A signal's data as JSON: a WebRTC offer for audio is 2–4 KiB. */
export const SIGNAL_MAX_BYTES = 8 * 1024;
/** A chat message is a line or two. Counted in UTF-16 units, as all texts. */
const TEXT_MAX = 500;
const MENTIONS_MAX = 10;
const REACTION_KEY_MAX = 32;
/** The most taps that one reaction message of a client may stand for. */
const REACTION_COUNT_MAX = 50;

const anyObject = z.record(z.string(), z.unknown());
const chatBody = z.strictObject({
  text: z.string().min(1).max(TEXT_MAX).regex(/\S/, 'a message is more than white space'),
  mentions: z.array(userIdSchema).max(MENTIONS_MAX).optional(),
});
const reactionKey = z.string().min(1).max(REACTION_KEY_MAX);
const reactionBody = z.strictObject({ key: reactionKey, count: z.int().min(1).max(REACTION_COUNT_MAX).default(1) });

/** The kinds of messages and their bodies, which are the same for members and for the app's backend. */
const messageWith = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.discriminatedUnion('kind', [
    z.strictObject({ ...shape, kind: z.literal('chat'), body: chatBody }),
    z.strictObject({ ...shape, kind: z.literal('reaction'), body: reactionBody }),
    z.strictObject({ ...shape, kind: z.literal('gift'), body: anyObject }),
    z.strictObject({ ...shape, kind: z.literal('custom'), body: anyObject }),
  ]);

export const messageCommandSchemas = {
  'message:send': messageWith(inRoom),
  'message:delete': z.strictObject({ ...inRoom, messageId: messageIdSchema }),
  'signal:send': z.strictObject({
    ...inRoom,
    to: userIdSchema,
    data: z.unknown().refine((data) => data !== undefined, 'data is missing'),
  }),
} as const;
export type MessageCommandName = keyof typeof messageCommandSchemas;

/** The ack's `data`. */
export const messageAckSchemas = {
  /** `shown: false`: accepted, but not shown, because the room is too large and lively to show everything (MSG-7). */
  'message:send': z.strictObject({ messageId: messageIdSchema, at: timeSchema, shown: z.literal(false).optional() }),
  'message:delete': z.strictObject({}),
  'signal:send': z.strictObject({}),
} as const satisfies Record<MessageCommandName, z.ZodType>;

/** A message of the app's backend to a room (MSG-5); `from` is the name that members see. */
export const messageAsServiceSchema = messageWith({
  commandId: inRoom.commandId,
  from: z.strictObject({ name: displayNameSchema.min(1), avatar: avatarSchema.default('') }).optional(),
});
export type MessageAsService = z.output<typeof messageAsServiceSchema>;

/** The content of a parsed message: its kind with the body of that kind. */
export type MessageInput = KindAndBody<MessageAsService>;
type KindAndBody<Message> = Message extends MessageAsService ? Pick<Message, 'kind' | 'body'> : never;

/** The sender of a message; `userId` is `service` for the app's backend. */
const fromSchema = z.strictObject({ userId: userIdSchema, name: z.string(), avatar: z.string() });
export type MessageSender = z.infer<typeof fromSchema>;

const message = { messageId: messageIdSchema, from: fromSchema, at: timeSchema };

/** Chat, the kind that is kept for a while and comes with a snapshot (MSG-3). */
export const chatMessageSchema = z.strictObject({ ...message, kind: z.literal('chat'), body: chatBody });
export type ChatMessage = z.infer<typeof chatMessageSchema>;

/** One message as members receive it, or the sum of the reactions since the last one (MSG-2). */
const roomMessageSchema = z.discriminatedUnion('kind', [
  chatMessageSchema,
  z.strictObject({ ...message, kind: z.literal('gift'), body: anyObject }),
  z.strictObject({ ...message, kind: z.literal('custom'), body: anyObject }),
  z.strictObject({ kind: z.literal('reaction'), key: reactionKey, count: z.int().min(1) }),
]);
export type RoomMessage = z.infer<typeof roomMessageSchema>;

/** A message of the app's backend to one user or to everyone, outside of rooms; the app defines `kind` (MSG-5). */
export const serviceMessageSchema = z.strictObject({ kind: z.string().min(1).max(32), body: anyObject });
export type ServiceMessage = z.infer<typeof serviceMessageSchema>;

export const messageEventSchemas = {
  /** Each sender's messages come in the order of sending. Your own are among them: match by `messageId` (MSG-1). */
  'room:messages': z.strictObject({ roomId: roomIdSchema, messages: z.array(roomMessageSchema).min(1) }),
  /** The message was deleted: stop showing it (MSG-6). */
  'message:deleted': z.strictObject({ roomId: roomIdSchema, messageId: messageIdSchema, by: z.string() }),
  /** Data that another member sent to you alone (MSG-4). */
  signal: z.strictObject({ roomId: roomIdSchema, from: userIdSchema, data: z.unknown() }),
  /** A message of the app's backend to you or to everyone (MSG-5). */
  'service:message': serviceMessageSchema.extend({
    messageId: messageIdSchema,
    to: z.enum(['user', 'everyone']),
    at: timeSchema,
  }),
} as const;
