// What is said in a room beside the stage: messages and signals, as clients send and hear them. No behaviour.
import { z } from 'zod';
import { commandIdSchema, messageIdSchema, roomIdSchema, userIdSchema } from './ids.ts';
import { avatarSchema, displayNameSchema, timeSchema } from './stage.ts';

/** A gift's or custom message's body as JSON: enough for what a client shows, too little to carry files. */
export const BODY_MAX_BYTES = 2 * 1024;
/** A signal's data as JSON: a WebRTC offer for audio is 2–4 KiB. */
export const SIGNAL_MAX_BYTES = 8 * 1024;
/** A message is a line or two; what is longer is an article. Counted in UTF-16 units, as all texts. */
const TEXT_MAX = 500;
const MENTIONS_MAX = 10;
const REACTION_KEY_MAX = 32;
/** How much one tap-storm of a client may count as. */
const REACTION_COUNT_MAX = 50;

const commandId = commandIdSchema.optional();
const inRoom = { roomId: roomIdSchema, commandId };

const anyObject = z.record(z.string(), z.unknown());
const chatBody = z.strictObject({
  text: z.string().min(1).max(TEXT_MAX).regex(/\S/, 'a message is more than white space'),
  mentions: z.array(userIdSchema).max(MENTIONS_MAX).optional(),
});
const reactionKey = z.string().min(1).max(REACTION_KEY_MAX);
const reactionBody = z.strictObject({ key: reactionKey, count: z.int().min(1).max(REACTION_COUNT_MAX).default(1) });

/** The same kinds with the same bodies, whoever speaks. */
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
  /** `shown: false`: accepted, but in a room so large and lively that not everything is shown (MSG-7). */
  'message:send': z.strictObject({ messageId: messageIdSchema, at: timeSchema, shown: z.literal(false).optional() }),
  'message:delete': z.strictObject({}),
  'signal:send': z.strictObject({}),
} as const satisfies Record<MessageCommandName, z.ZodType>;

/** What a service says to a room (MSG-5); `from` is the name under which members see it. */
export const messageAsServiceSchema = messageWith({
  commandId,
  from: z.strictObject({ name: displayNameSchema.min(1), avatar: avatarSchema.default('') }).optional(),
});
export type MessageAsService = z.output<typeof messageAsServiceSchema>;

/** What somebody says, once parsed. */
export type MessageInput = KindAndBody<MessageAsService>;
type KindAndBody<Message> = Message extends MessageAsService ? Pick<Message, 'kind' | 'body'> : never;

/** Who said it; `userId` is `service` when the app's backend did. */
const fromSchema = z.strictObject({ userId: userIdSchema, name: z.string(), avatar: z.string() });
export type MessageSender = z.infer<typeof fromSchema>;

const message = { messageId: messageIdSchema, from: fromSchema, at: timeSchema };

/** The kind that is kept for a while and comes with a snapshot (MSG-3). */
export const chatMessageSchema = z.strictObject({ ...message, kind: z.literal('chat'), body: chatBody });
export type ChatMessage = z.infer<typeof chatMessageSchema>;

/** One message, or the sum of what was tapped meanwhile (MSG-2). */
const roomMessageSchema = z.discriminatedUnion('kind', [
  chatMessageSchema,
  z.strictObject({ ...message, kind: z.literal('gift'), body: anyObject }),
  z.strictObject({ ...message, kind: z.literal('custom'), body: anyObject }),
  z.strictObject({ kind: z.literal('reaction'), key: reactionKey, count: z.int().min(1) }),
]);
export type RoomMessage = z.infer<typeof roomMessageSchema>;

/** What a service tells a user, or everyone, outside of rooms; `kind` is the app's own word (MSG-5). */
export const serviceMessageSchema = z.strictObject({ kind: z.string().min(1).max(32), body: anyObject });
export type ServiceMessage = z.infer<typeof serviceMessageSchema>;

export const messageEventSchemas = {
  /** In sending order per sender; your own are among them, match by `messageId` (MSG-1). */
  'room:messages': z.strictObject({ roomId: roomIdSchema, messages: z.array(roomMessageSchema).min(1) }),
  /** Stop showing this message (MSG-6). */
  'message:deleted': z.strictObject({ roomId: roomIdSchema, messageId: messageIdSchema, by: z.string() }),
  /** Another member's data for you alone (MSG-4). */
  signal: z.strictObject({ roomId: roomIdSchema, from: userIdSchema, data: z.unknown() }),
  /** The app's backend, to you or to everyone (MSG-5). */
  'service:message': serviceMessageSchema.extend({
    messageId: messageIdSchema,
    to: z.enum(['user', 'everyone']),
    at: timeSchema,
  }),
} as const;
