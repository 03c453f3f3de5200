// The errors of each command, beside those that any command may give; SPEC.md lists these above its table.
import type { CommandName } from '../../src/protocol/commands.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';

/** The errors of sitting down on a seat, in the order in which they are judged. */
const seatErrors = ['SEAT_NOT_FOUND', 'SEAT_RESERVED', 'SEAT_LOCKED', 'SEAT_TAKEN'] as const;
const joinErrors = ['WRONG_PASSWORD', 'ROOM_FULL', 'BANNED', 'RATE_LIMITED', 'TOO_MANY_ROOMS', 'NOT_A_MEMBER'] as const;
const inviteErrors = [
  'TARGET_NOT_FOUND',
  'TARGET_OUTRANKS',
  'ALREADY_SEATED',
  'QUEUE_FULL',
  'NO_FREE_SEAT',
  ...seatErrors,
] as const;
const judgeErrors = ['REQUEST_NOT_FOUND', 'REQUEST_ALREADY_PROCESSED', 'TARGET_OUTRANKS'] as const;

export const commandErrors: Readonly<Record<CommandName, readonly ErrorCode[]>> = {
  'room:create': ['ROOM_EXISTS', 'ROOM_CLOSED', ...joinErrors],
  'room:join': ['ROOM_NOT_FOUND', 'ROOM_CLOSED', ...joinErrors],
  'room:leave': [],
  'room:sync': [],
  'room:members': [],
  'room:list': [],
  'room:update': [],
  'room:attributes': ['PAYLOAD_TOO_LARGE'],
  'room:close': [],
  'admin:add': ['TARGET_NOT_FOUND', 'TARGET_OUTRANKS', 'TOO_MANY_ADMINS'],
  'admin:remove': ['TARGET_NOT_FOUND'],
  'owner:transfer': ['TARGET_NOT_FOUND', 'TOO_MANY_ADMINS'],
  'seat:take': ['REQUEST_REQUIRED', 'INVITE_REQUIRED', 'ALREADY_SEATED', 'NO_FREE_SEAT', ...seatErrors],
  'seat:leave': ['NOT_SEATED'],
  'seat:move': ['NOT_SEATED', ...seatErrors],
  'seat:pick': inviteErrors,
  'seat:kick': ['SEAT_NOT_FOUND', 'NOT_SEATED', 'TARGET_OUTRANKS'],
  'seat:lock': ['SEAT_NOT_FOUND', 'SEAT_TAKEN', 'TARGET_OUTRANKS'],
  'seat:unlock': ['SEAT_NOT_FOUND', 'TARGET_OUTRANKS'],
  'seat:mute': ['SEAT_NOT_FOUND', 'TARGET_OUTRANKS'],
  'seat:unmute': ['SEAT_NOT_FOUND', 'TARGET_OUTRANKS'],
  'mic:set': ['NOT_SEATED'],
  'seats:lock': [],
  'seats:unlock': [],
  'seats:mute': [],
  'seats:unmute': [],
  'request:send': [
    'ALREADY_SEATED',
    'INVITE_REQUIRED',
    'QUEUE_FULL',
    'NO_FREE_SEAT',
    'SEAT_NOT_FOUND',
    'SEAT_LOCKED',
    'SEAT_RESERVED',
  ],
  'request:cancel': ['REQUEST_NOT_FOUND', 'REQUEST_ALREADY_PROCESSED'],
  'request:accept': [...judgeErrors, 'NO_FREE_SEAT', ...seatErrors],
  'request:reject': judgeErrors,
  'invite:send': inviteErrors,
  'invite:accept': ['INVITE_NOT_FOUND', 'NO_FREE_SEAT'],
  'invite:decline': ['INVITE_NOT_FOUND'],
  'invite:cancel': ['INVITE_NOT_FOUND', 'TARGET_OUTRANKS'],
  'member:kick': ['TARGET_NOT_FOUND', 'TARGET_OUTRANKS', 'QUEUE_FULL'],
  'member:ban': ['TARGET_OUTRANKS', 'QUEUE_FULL'],
  'member:unban': ['TARGET_OUTRANKS'],
  'member:silence': ['TARGET_NOT_FOUND', 'TARGET_OUTRANKS', 'QUEUE_FULL'],
  'member:unsilence': ['TARGET_OUTRANKS'],
  'ban:list': [],
  'message:send': ['FORBIDDEN', 'SILENCED', 'PAYLOAD_TOO_LARGE'],
  'message:delete': ['FORBIDDEN', 'TARGET_NOT_FOUND'],
  'signal:send': ['TARGET_NOT_FOUND', 'PAYLOAD_TOO_LARGE'],
  'rtc:renew': [],
  'session:renew': ['UNAUTHENTICATED', 'FORBIDDEN'],
};
