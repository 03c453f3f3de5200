// The handshake: protocol version and token, before a socket exists (CONN-2, CONN-3). Must not know rooms.
import type { Authenticator, Identity } from '../auth/authenticator.ts';
import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import { type ErrorCode, toErrorBody } from '../protocol/errors.ts';
import { handshakeSchema } from '../protocol/handshake.ts';
import type { SessionId } from '../protocol/ids.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import { rejectionFor } from '../rooms/contract/outcome.ts';
import type { UserSessions } from '../users/user-sessions.ts';
import type { VoiceSocket } from './typed-socket.ts';

/** A refused client has this long to take the answer and go by itself. */
const REFUSED_LINGER_MS = 100;

/** A final refusal: `connect_error` brings the error object in `data`, and the client does not come back by itself. */
class HandshakeError extends Error {
  readonly data: object;

  constructor(code: ErrorCode) {
    super(code);
    this.data = toErrorBody({ code });
  }
}

interface CreateHandshakeDeps {
  /** Judges tokens by themselves; whether they were revoked is seen on admission. */
  readonly authenticator: Authenticator;
  readonly userSessions: UserSessions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Socket.IO middleware; on success the socket bears the identity and has a place among its user's sessions. A connection
 * knocks once: Socket.IO would make a session of every CONNECT that arrives while the first is being judged, and each
 * would have limits of its own (CONN-11).
 */
export function createHandshake(deps: CreateHandshakeDeps) {
  const knocked = new WeakMap<object, SessionId>();
  // One listener for all connections: each of them would keep a closure of its own for as long as it lives.
  function release(this: VoiceSocket['conn']): void {
    const sessionId = knocked.get(this);
    if (sessionId !== undefined) deps.userSessions.release(sessionId);
  }
  return async (socket: VoiceSocket, next: (error?: Error) => void): Promise<void> => {
    if (knocked.has(socket.conn)) return void socket.conn.close();
    // A connection that ends before it is received has no other event than this, and it may come at any moment from here.
    const sessionId = socket.id as SessionId;
    knocked.set(socket.conn, sessionId);
    socket.conn.on('close', release);
    const admitted = await admit(socket, deps).catch((error: unknown): ErrorCode => {
      if (rejectionFor(error)) deps.logger.warn({ error }, 'a client must come again: the store of accounts is away');
      else deps.logger.error({ error }, 'a handshake failed');
      return rejectionFor(error) ? 'UNAVAILABLE' : 'INTERNAL';
    });
    if (admitted === null || !isOpen(socket)) return deps.userSessions.release(sessionId);
    // Nobody can tell yet: a `connect_error` would be final, but an ended transport makes the client try again.
    if (admitted === 'UNAVAILABLE') return void socket.conn.close();
    if (typeof admitted === 'string') {
      next(new HandshakeError(admitted));
      // Each try is a new connection, and so within the rate of handshakes.
      return void deps.clock.after(REFUSED_LINGER_MS, () => socket.conn.close());
    }
    socket.data.identity = admitted;
    next();
  };
}

/** Socket.IO receives nobody whose connection is on its way out: such a one must have no place, either. */
const isOpen = (socket: VoiceSocket): boolean => socket.conn.readyState === 'open';

/** Null when the connection has ended before it had a place. */
async function admit(
  socket: VoiceSocket,
  { authenticator, userSessions }: CreateHandshakeDeps,
): Promise<Identity | ErrorCode | null> {
  const handshake = handshakeSchema.safeParse(socket.handshake.auth);
  if (!handshake.success) return 'UNAUTHENTICATED';
  if (handshake.data.protocol !== String(PROTOCOL_VERSION)) return 'PROTOCOL_UNSUPPORTED';
  const authentication = await authenticator.authenticate(handshake.data.token);
  if (!authentication.ok) return authentication.code;
  const { identity } = authentication;
  // A service speaks over HTTP and has no microphone.
  if (identity.scope === 'service') return 'FORBIDDEN';
  if (!isOpen(socket)) return null;
  return (await userSessions.admit(socket.id as SessionId, identity)) === 'revoked' ? 'UNAUTHENTICATED' : identity;
}
