// The handshake: protocol version and token are checked before a socket exists (CONN-2, CONN-3).
import type { Authenticator, Identity } from '../auth/authenticator.ts';
import type { Ambient } from '../ops/ambient.ts';
import { type ErrorCode, toErrorBody } from '../protocol/errors.ts';
import { handshakeSchema } from '../protocol/handshake.ts';
import type { SessionId } from '../protocol/ids.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import { isStoreFailure } from '../store/store-errors.ts';
import type { UserSessions } from '../users/user-sessions.ts';
import type { VoiceSocket } from './session.ts';

/** A refused client has this long to read the answer and go by itself. Then its connection ends (CONN-3). */
const REFUSED_LINGER_MS = 100;

/** A final refusal: `connect_error` carries the error object in `data`, and the client does not come back by itself. */
const refusal = (code: ErrorCode): Error => Object.assign(new Error(code), { data: toErrorBody({ code }) });

export interface HandshakeDeps extends Pick<Ambient, 'clock' | 'logger'> {
  /** Verifies tokens. Whether they were revoked is checked when the account store admits the session. */
  readonly authenticator: Authenticator;
  readonly userSessions: UserSessions;
}

/**
 * Socket.IO middleware. On success the socket carries the identity and counts among its user's sessions. A connection
 * may send one CONNECT (CONN-11). Socket.IO would make a session of every further one that arrives before the first is
 * answered, and each session would have limits of its own.
 */
export function createHandshake(deps: HandshakeDeps) {
  const seen = new WeakMap<object, SessionId>();
  // One listener for all connections: a closure for each would take memory for as long as the connection lives.
  function release(this: VoiceSocket['conn']): void {
    const sessionId = seen.get(this);
    if (sessionId !== undefined) deps.userSessions.release(sessionId);
  }
  return async (socket: VoiceSocket, next: (error?: Error) => void): Promise<void> => {
    if (seen.has(socket.conn)) return void socket.conn.close();
    // The only event of a connection that ends before Socket.IO has accepted it. It may come at any moment from here.
    const sessionId = socket.id as SessionId;
    seen.set(socket.conn, sessionId);
    socket.conn.on('close', release);
    const admitted = await admit(socket, deps).catch((error: unknown): ErrorCode => {
      const isStoreAway = isStoreFailure(error);
      if (isStoreAway) deps.logger.warn({ event: 'handshake.unavailable', error }, 'The account store is away.');
      else deps.logger.error({ event: 'handshake.failed', error }, 'A handshake failed.');
      return isStoreAway ? 'UNAVAILABLE' : 'INTERNAL';
    });
    if (admitted === null || !isOpen(socket)) return deps.userSessions.release(sessionId);
    // Not known yet: a `connect_error` would be final, but an ended transport makes the client try again.
    if (admitted === 'UNAVAILABLE') return void socket.conn.close();
    if (typeof admitted === 'string') {
      next(refusal(admitted));
      // Each attempt is a new connection, and so within the rate of handshakes.
      return void deps.clock.after(REFUSED_LINGER_MS, () => socket.conn.close());
    }
    socket.data.identity = admitted;
    next();
  };
}

/** Socket.IO accepts no connection that is ending, so such a connection must not count as a session either. */
const isOpen = (socket: VoiceSocket): boolean => socket.conn.readyState === 'open';

/** Null when the connection has ended before the store admitted it. */
async function admit(
  socket: VoiceSocket,
  { authenticator, userSessions }: HandshakeDeps,
): Promise<Identity | ErrorCode | null> {
  const handshake = handshakeSchema.safeParse(socket.handshake.auth);
  if (!handshake.success) return 'UNAUTHENTICATED';
  if (handshake.data.protocol !== String(PROTOCOL_VERSION)) return 'PROTOCOL_UNSUPPORTED';
  const authentication = await authenticator.authenticate(handshake.data.token);
  if (!authentication.ok) return authentication.code;
  const { identity } = authentication;
  // Services use HTTP.
  if (identity.scope === 'service') return 'FORBIDDEN';
  if (!isOpen(socket)) return null;
  return (await userSessions.admit(socket.id as SessionId, identity)) === 'revoked' ? 'UNAUTHENTICATED' : identity;
}
