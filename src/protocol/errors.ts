// The two closed tables of codes: errors (acks and HTTP answers), and reasons to close a connection (session:closing).
import { z } from 'zod';

interface ErrorRow {
  readonly message: string;
  readonly httpStatus: number;
  /** True when the same command may succeed later although nothing else has changed. */
  readonly retryable: boolean;
}

const final = (httpStatus: number, message: string): ErrorRow => ({ message, httpStatus, retryable: false });
const retry = (httpStatus: number, message: string): ErrorRow => ({ message, httpStatus, retryable: true });

export const errorTable = {
  BAD_REQUEST: final(400, 'The payload does not fit the schema of this command.'),
  UNKNOWN_EVENT: final(404, 'There is no command of this name.'),
  UNAUTHENTICATED: final(401, 'The token is missing, malformed or not signed by a known key.'),
  TOKEN_EXPIRED: final(401, 'The token has expired.'),
  PROTOCOL_UNSUPPORTED: final(400, 'This server does not speak that protocol version.'),
  FORBIDDEN: final(403, 'Your role does not allow this command.'),
  NOT_A_MEMBER: final(403, 'This session is not in the room.'),
  ROOM_NOT_FOUND: final(404, 'There is no such room.'),
  ROOM_EXISTS: final(409, 'A room of this id is open already.'),
  ROOM_CLOSED: final(410, 'The room has been closed.'),
  ROOM_FULL: final(403, 'The room has reached its capacity.'),
  WRONG_PASSWORD: final(403, 'The password of the room is missing or wrong.'),
  BANNED: final(403, 'You are banned from this room.'),
  TOO_MANY_ROOMS: final(403, 'The limit of rooms is reached.'),
  SEAT_NOT_FOUND: final(404, 'The room has no seat of this number.'),
  SEAT_TAKEN: final(409, 'Somebody else sits there.'),
  SEAT_LOCKED: final(409, 'The seat is locked.'),
  SEAT_RESERVED: final(409, 'The seat is kept for somebody.'),
  NO_FREE_SEAT: final(409, 'No seat is free.'),
  ALREADY_SEATED: final(409, 'The user sits on a seat already.'),
  NOT_SEATED: final(409, 'The user has no seat, or the seat is empty.'),
  REQUEST_REQUIRED: final(403, 'In this room, ask for a seat with request:send.'),
  INVITE_REQUIRED: final(403, 'In this room only invited users are seated.'),
  REQUEST_NOT_FOUND: final(404, 'There is no such request.'),
  REQUEST_ALREADY_PROCESSED: final(409, 'The request has been decided already.'),
  QUEUE_FULL: final(409, 'The queue is full.'),
  INVITE_NOT_FOUND: final(404, 'There is no live invitation.'),
  TARGET_NOT_FOUND: final(404, 'The named user is not in the room.'),
  TARGET_OUTRANKS: final(403, 'You cannot act on a user of this role.'),
  SILENCED: final(403, 'You are silenced in this room.'),
  TOO_MANY_ADMINS: final(409, 'The room has all the admins it can have.'),
  REAL_NAME_REQUIRED: final(403, 'This needs a verified real name.'),
  MINOR_NOT_ALLOWED: final(403, 'This is not open to minors.'),
  CONTENT_REJECTED: final(422, 'The content was rejected.'),
  PAYLOAD_TOO_LARGE: final(413, 'The payload is too large.'),
  RATE_LIMITED: retry(429, 'Too many commands; slow down.'),
  OVERLOADED: retry(503, 'The server has more work than it can take on.'),
  UNAVAILABLE: retry(503, 'The room store is away; try again shortly.'),
  OUTCOME_UNKNOWN: retry(503, 'The outcome is not known; retry with the same commandId.'),
  INTERNAL: final(500, 'Something went wrong on our side.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;
export const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];

/** The error object of acks, HTTP answers and `connect_error.data`. */
export const errorBodySchema = z.strictObject({
  code: z.enum(errorCodes),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterMs: z.int().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** Why a command was refused. A value, never thrown; the table adds the message and `retryable`. */
export interface Rejection {
  readonly code: ErrorCode;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The wire form of a rejection. */
export function toErrorBody(rejection: Rejection): ErrorBody {
  const { message, retryable } = errorTable[rejection.code];
  return {
    code: rejection.code,
    message,
    retryable,
    ...(rejection.retryAfterMs === undefined ? {} : { retryAfterMs: rejection.retryAfterMs }),
    ...(rejection.details === undefined ? {} : { details: { ...rejection.details } }),
  };
}

/** The rejection of input that does not fit its schema: `details` name the first offending field (CONN-7). */
export function badRequestOf({ issues: [issue] }: z.ZodError): Rejection {
  if (!issue) return badRequest('', 'invalid');
  if (issue.code !== 'unrecognized_keys') return badRequest(issue.path.join('.'), issue.message);
  return badRequest([...issue.path, issue.keys[0] ?? ''].join('.'), 'this field is not known');
}

export const badRequest = (field: string, problem: string): Rejection => ({
  code: 'BAD_REQUEST',
  details: { field, problem },
});

interface ClosingRow {
  readonly message: string;
  /** Advice: come back at once; come back after `afterMs`, or with a new token where it is absent; or stay away. */
  readonly reconnect: 'now' | 'after' | 'never';
}

export const closingTable = {
  DRAINING: { message: 'This node is going away; connect again.', reconnect: 'after' },
  SLOW_CONSUMER: { message: 'This connection reads too slowly; connect again and resume.', reconnect: 'now' },
  TOKEN_EXPIRED: { message: 'The token has expired; connect again with a new one.', reconnect: 'after' },
  REVOKED: { message: 'The token has been revoked.', reconnect: 'never' },
  REPLACED: { message: 'Another connection of this user took over.', reconnect: 'never' },
  PROTOCOL_ERROR: { message: 'The client broke the protocol.', reconnect: 'never' },
  OVERLOADED: { message: 'The server has more connections than it can serve.', reconnect: 'after' },
  SERVER_ERROR: { message: 'Something went wrong on our side.', reconnect: 'after' },
} as const satisfies Record<string, ClosingRow>;

export type ClosingCode = keyof typeof closingTable;
export const closingCodes = Object.keys(closingTable) as [ClosingCode, ...ClosingCode[]];
