// The tables of error codes, closing codes and reasons: texts by hand, everything else from the sources.
import { type ClosingCode, closingTable, type ErrorCode, errorTable } from '../../src/protocol/errors.ts';
import { type Reason, reasonSchema } from '../../src/protocol/stage.ts';
import { code, markdownTable } from './markdown.ts';
import { isWritten, ruleFolders } from './usage.ts';

/** Longer than the message on the wire: it names the details and the rule. */
const errorMeanings: Readonly<Record<ErrorCode, string>> = {
  BAD_REQUEST:
    'the payload does not fit (`details.field`, `details.problem`), or a commandId is used for another command',
  UNKNOWN_EVENT: 'no command or route of this name',
  UNAUTHENTICATED: 'the token is missing, malformed or revoked, its key is not known, or a claim is out of its limits',
  TOKEN_EXPIRED: 'the token is past its `exp` by more than 30 s',
  PROTOCOL_UNSUPPORTED: 'the server does not speak this protocol version',
  FORBIDDEN: 'your role or scope does not allow this',
  NOT_A_MEMBER: 'this session is not in the room, or no longer',
  ROOM_NOT_FOUND: 'no such room',
  ROOM_EXISTS: 'a room of this id is open',
  ROOM_CLOSED: 'the room was closed within the last 10 minutes',
  ROOM_FULL: '`capacity` is reached (`details.capacity`)',
  WRONG_PASSWORD: 'the room has a password and this is not it',
  BANNED: 'you are banned from this room (`details.until`, absent for a ban without end)',
  TOO_MANY_ROOMS: 'this connection is in 4 rooms (CONN-8), or this user owns 10 open ones (ROOM-1)',
  SEAT_NOT_FOUND: 'no seat of this number',
  SEAT_TAKEN: 'another user sits there (`details.seat`)',
  SEAT_LOCKED: 'the seat is locked (`details.seat`)',
  SEAT_RESERVED: "the seat is the owner's, or kept for a user in grace (`details.seat`)",
  NO_FREE_SEAT: 'no seat is free',
  ALREADY_SEATED: 'the user has a seat already (`details.seat`)',
  NOT_SEATED: 'nobody is seated to whom this could apply',
  REQUEST_REQUIRED: 'in this room members ask for a seat with `request:send`',
  INVITE_REQUIRED: 'in this room only invited users get a seat',
  REQUEST_NOT_FOUND: 'no such request',
  REQUEST_ALREADY_PROCESSED: 'the request has ended already (`details.by`, `details.status`)',
  QUEUE_FULL: 'too many pending requests or invitations, bans or silences (`details.limit`)',
  INVITE_NOT_FOUND: 'no live invitation',
  TARGET_NOT_FOUND:
    'the named user is not in the room, or is no admin (`admin:remove`); or the message is not kept (`message:delete`)',
  TARGET_OUTRANKS: 'you may not act on a user of this role (`details.userId`, `details.role`)',
  SILENCED: 'you may not send messages here (`details.until`)',
  TOO_MANY_ADMINS: 'the room has 20 admins (`details.limit`)',
  REAL_NAME_REQUIRED: 'this needs a verified real name',
  MINOR_NOT_ALLOWED: 'this is not open to minors',
  CONTENT_REJECTED: 'the content was rejected',
  PAYLOAD_TOO_LARGE: 'an HTTP body above 64 KiB, a message or signal that is too large, or more than a room may keep',
  RATE_LIMITED: 'more commands or chat than the limits allow (LIMIT-1, LIMIT-3), or too many wrong passwords (ROOM-2)',
  OVERLOADED: 'more work waits than the server can take on',
  UNAVAILABLE: 'the store cannot be reached, or the room is in recovery',
  OUTCOME_UNKNOWN: 'the command may or may not have happened (ACK-3): send it again with the same `commandId`',
  INTERNAL: "a fault on the server's side",
};

export const errorCodeTable = (root: string): string =>
  markdownTable(
    ['code', 'HTTP', 'retryable', 'meaning'],
    (Object.keys(errorTable) as ErrorCode[]).map((name) => [
      code(name),
      String(errorTable[name].httpStatus),
      errorTable[name].retryable ? 'yes' : 'no',
      `${isWritten(name, root) ? '' : 'reserved: '}${errorMeanings[name]}`,
    ]),
  );

const closingMeanings: Readonly<Record<ClosingCode, string>> = {
  DRAINING: 'this node is stopping; `afterMs` is random, below 1,000',
  SLOW_CONSUMER: 'more than 1 MiB waits to be read (MSG-2): come back and resume',
  TOKEN_EXPIRED: 'come back with a new token',
  REVOKED: 'the token was revoked (CONN-13)',
  REPLACED: 'a newer connection of this user took its place (CONN-14)',
  PROTOCOL_ERROR: 'the client broke the protocol',
  OVERLOADED: 'the server has more than it can serve, or this client sends too much (LIMIT-2)',
  SERVER_ERROR: "something failed on the server's side",
};

export const closingCodeTable = (root: string): string =>
  markdownTable(
    ['code', '`reconnect`', 'meaning'],
    (Object.keys(closingTable) as ClosingCode[]).map((name) => [
      code(name),
      closingTable[name].reconnect,
      `${isWritten(name, root) ? '' : 'reserved: '}${closingMeanings[name]}`,
    ]),
  );

/** Why a seat, a request or an invitation ended (ROLE-4). */
const reasonMeanings: Readonly<Record<Reason, string>> = {
  self: 'the user left the seat',
  kicked: 'staff took the user off the seat, or put the user out of the room',
  replaced: 'staff put another user on the seat (`seat:pick` with `replace`)',
  moved: 'the user was moved',
  locked: 'the seat was locked',
  resized: 'the room has fewer seats now',
  left: 'the user left the room',
  disconnected: "the user's grace ended",
  banned: 'the user was banned',
  expired: 'the request or invitation was too old',
  modeChanged: '`seatMode` changed',
  roomClosed: 'the room was closed',
  service: "the app's backend revoked the user (CONN-13)",
  seated: 'the user got a seat by other means; only requests and invitations end so',
};

export const reasonTable = (root: string): string =>
  markdownTable(
    ['reason', 'meaning'],
    reasonSchema.options.map((name) => [
      code(name),
      `${isWritten(name, root, ruleFolders) ? '' : 'reserved: '}${reasonMeanings[name]}`,
    ]),
  );
