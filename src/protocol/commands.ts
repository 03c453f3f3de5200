// Client → server: the table of all commands, each with its schema. domain/permissions says which roles may give them.
import { z } from 'zod';
import { tokenSchema } from './handshake.ts';
import { inRoom, messageIdSchema, roomIdSchema, seatIndexSchema, userIdSchema } from './ids.ts';
import { messageCommandSchemas } from './messages.ts';
import { bansQuery, membersQuery, roomsQuery } from './pages.ts';
import {
  attributeKeySchema,
  attributeLimits,
  attributesSchema,
  capacitySchema,
  chatSchema,
  coverSchema,
  emptyMsSchema,
  fitsAttributeLimits,
  graceMsSchema,
  labelSchema,
  noteSchema,
  noticeSchema,
  ownerAbsentSchema,
  passwordSchema,
  seatCountSchema,
  seatModeSchema,
  tagsSchema,
  timeSchema,
  titleSchema,
} from './stage.ts';

const { commandId } = inRoom;
const onSeat = z.strictObject({ ...inRoom, seat: seatIndexSchema });
const onUser = z.strictObject({ ...inRoom, userId: userIdSchema });
const onRoom = z.strictObject(inRoom);

const createRoom = z.strictObject({
  commandId,
  roomId: roomIdSchema.optional(),
  title: titleSchema,
  notice: noticeSchema.default(''),
  cover: coverSchema.nullable().default(null),
  category: labelSchema.nullable().default(null),
  tags: tagsSchema.default([]),
  seatCount: seatCountSchema.default(9),
  seatMode: seatModeSchema.default('request'),
  password: passwordSchema.optional(),
  capacity: capacitySchema.default(100_000),
  ownerSeat: seatIndexSchema.nullable().default(0),
  ownerAbsent: ownerAbsentSchema.default('keep'),
  emptyMs: emptyMsSchema.default(5 * 60_000),
  graceMs: graceMsSchema.default(45_000),
  priority: z.boolean().default(false),
  chat: chatSchema.default('all'),
  attributes: attributesSchema.refine(fitsAttributeLimits, 'at most 32 attributes, 8 KiB in all').default({}),
});

const updateRoom = z.strictObject({
  ...inRoom,
  title: titleSchema.optional(),
  notice: noticeSchema.optional(),
  cover: coverSchema.nullable().optional(),
  category: labelSchema.nullable().optional(),
  tags: tagsSchema.optional(),
  seatMode: seatModeSchema.optional(),
  seatCount: seatCountSchema.optional(),
  password: passwordSchema.nullable().optional(),
  capacity: capacitySchema.optional(),
  chat: chatSchema.optional(),
  ownerAbsent: ownerAbsentSchema.optional(),
  emptyMs: emptyMsSchema.optional(),
  graceMs: graceMsSchema.optional(),
  priority: z.boolean().optional(),
});

/** At least one of the two; a key in both is set. */
const changeAttributes = z
  .strictObject({
    ...inRoom,
    set: attributesSchema.optional(),
    delete: z.array(attributeKeySchema).max(attributeLimits.keys).optional(),
  })
  .refine(({ set, delete: deleted }) => set !== undefined || deleted !== undefined, {
    message: 'one of set and delete is needed',
    path: ['set'],
  });

/** The longest ban or silence with an end: a year. */
const forMs = z
  .int()
  .min(1)
  .max(365 * 24 * 60 * 60_000);

/** A new token for a connection that was made with an older one (CONN-5). */
const renewSession = z.strictObject({ commandId, token: tokenSchema });

/** A room's position: versions count commits within one epoch (SYNC-1). */
const position = { epoch: z.string().max(64), version: z.int().min(0) };

export const commandSchemas = {
  'room:create': createRoom,
  'room:join': z.strictObject({
    ...inRoom,
    password: z.string().max(64).optional(),
    /** `messageId`: the last chat message that the client has; later messages come with the ack (ROOM-2). */
    resume: z.strictObject({ ...position, messageId: messageIdSchema.optional() }).optional(),
  }),
  'room:leave': onRoom,
  'room:sync': z.strictObject({ ...inRoom, ...position }),
  'room:members': z.strictObject({ ...inRoom, ...membersQuery }),
  'room:list': z.strictObject({ commandId, ...roomsQuery }),
  'room:update': updateRoom,
  'room:attributes': changeAttributes,
  'room:close': z.strictObject({ ...inRoom, reason: z.string().max(100).optional() }),

  'admin:add': onUser,
  'admin:remove': onUser,
  'owner:transfer': onUser,

  'seat:take': z.strictObject({ ...inRoom, seat: seatIndexSchema.optional() }),
  'seat:leave': onRoom,
  'seat:move': onSeat,
  'seat:pick': z.strictObject({
    ...inRoom,
    userId: userIdSchema,
    seat: seatIndexSchema,
    policy: z.enum(['abort', 'replace', 'swap']).default('abort'),
  }),
  'seat:kick': z
    .strictObject({ ...inRoom, seat: seatIndexSchema.optional(), userId: userIdSchema.optional() })
    .refine((payload) => (payload.seat === undefined) !== (payload.userId === undefined), {
      message: 'exactly one of seat and userId is needed',
      path: ['seat'],
    }),
  'seat:lock': z.strictObject({
    ...inRoom,
    seat: seatIndexSchema,
    occupant: z.enum(['evict', 'keep', 'fail']).default('evict'),
  }),
  'seat:unlock': onSeat,
  'seat:mute': onSeat,
  'seat:unmute': onSeat,
  'mic:set': z.strictObject({ ...inRoom, on: z.boolean() }),
  'seats:lock': onRoom,
  'seats:unlock': onRoom,
  'seats:mute': onRoom,
  'seats:unmute': onRoom,

  'request:send': z.strictObject({ ...inRoom, seat: seatIndexSchema.optional(), note: noteSchema.optional() }),
  'request:cancel': onRoom,
  'request:accept': z.strictObject({ ...inRoom, userId: userIdSchema, seat: seatIndexSchema.optional() }),
  'request:reject': z.strictObject({ ...inRoom, userId: userIdSchema, note: noteSchema.optional() }),

  'invite:send': z.strictObject({ ...inRoom, userId: userIdSchema, seat: seatIndexSchema.optional() }),
  'invite:accept': onRoom,
  'invite:decline': onRoom,
  'invite:cancel': onUser,

  'member:kick': z.strictObject({ ...inRoom, userId: userIdSchema, banMs: forMs.or(z.literal(0)).default(0) }),
  /** Without `forMs`: until it is lifted. */
  'member:ban': z.strictObject({ ...inRoom, userId: userIdSchema, forMs: forMs.optional() }),
  'member:unban': onUser,
  'member:silence': z.strictObject({ ...inRoom, userId: userIdSchema, forMs }),
  'member:unsilence': onUser,
  'ban:list': z.strictObject({ ...inRoom, ...bansQuery }),

  ...messageCommandSchemas,

  'rtc:renew': onRoom,

  'session:renew': renewSession,
} as const;

export type CommandName = keyof typeof commandSchemas;
export const commandNames = Object.keys(commandSchemas) as CommandName[];

/** Whether the command's payload may name a room. */
export function namesRoom(name: CommandName): boolean {
  const schema = commandSchemas[name];
  return 'roomId' in ('options' in schema ? schema.options[0] : schema).shape;
}

/** A command's payload after parsing: ids have brands, and defaults are filled in. */
export type Payload<Name extends CommandName> = z.output<(typeof commandSchemas)[Name]>;
/** A command's payload as a client sends it. */
export type PayloadInput<Name extends CommandName> = z.input<(typeof commandSchemas)[Name]>;

/** A parsed command; `name` says which one. */
export type Command = { [Name in CommandName]: { name: Name; payload: Payload<Name> } }[CommandName];

/** Commands about rooms: all except those about the session itself. */
export type RoomCommand = Exclude<Command, { name: 'session:renew' }>;

const version = { version: z.int() };
const versionOnly = z.strictObject(version);
const onlyVersion = <Name extends CommandName>(...names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, versionOnly])) as Record<Name, typeof versionOnly>;

/** The ack's `data` of commands that change the stage. snapshot.ts and messages.ts have those of the other commands. */
export const stageAckSchemas = {
  ...onlyVersion('room:update', 'room:attributes', 'room:close'),
  ...onlyVersion('admin:add', 'admin:remove', 'owner:transfer'),
  ...onlyVersion('seat:leave', 'seat:kick', 'seat:lock', 'seat:unlock', 'seat:mute', 'seat:unmute', 'mic:set'),
  ...onlyVersion('seats:lock', 'seats:unlock', 'seats:mute', 'seats:unmute'),
  ...onlyVersion('request:cancel', 'request:reject', 'invite:decline', 'invite:cancel'),
  ...onlyVersion('member:kick', 'member:ban', 'member:unban', 'member:silence', 'member:unsilence'),
  'seat:take': z.strictObject({ ...version, seat: seatIndexSchema }),
  'seat:move': z.strictObject({ ...version, seat: seatIndexSchema }),
  /** `seat` when the user was moved or seated, `expiresAt` when they were invited (SEAT-4). */
  'seat:pick': z.strictObject({ ...version, seat: seatIndexSchema.optional(), expiresAt: timeSchema.optional() }),
  /** `position` counts from 1; `seat` instead when the request was granted at once (REQ-1, INV-2). */
  'request:send': z.strictObject({ ...version, position: z.int().optional(), seat: seatIndexSchema.optional() }),
  'request:accept': z.strictObject({ ...version, seat: seatIndexSchema }),
  /** `expiresAt` of the invitation; `seat` instead when the invitee had a pending request (INV-2). */
  'invite:send': z.strictObject({ ...version, expiresAt: timeSchema.optional(), seat: seatIndexSchema.optional() }),
  'invite:accept': z.strictObject({ ...version, seat: seatIndexSchema }),
} as const satisfies Partial<Record<CommandName, z.ZodType>>;

export type StageCommandName = keyof typeof stageAckSchemas;
