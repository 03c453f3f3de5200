// The handshake: protocol version and token, before a socket exists (CONN-2, CONN-3). Must not know rooms.
import type { Authenticator } from '../auth/authenticator.ts';
import { type ErrorCode, toErrorBody } from '../protocol/errors.ts';
import { handshakeSchema } from '../protocol/handshake.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import type { VoiceSocket } from './typed-socket.ts';

/** A final refusal: `connect_error` brings the error object in `data`, and the client does not come back by itself. */
class HandshakeError extends Error {
  readonly data: object;

  constructor(code: ErrorCode) {
    super(code);
    this.data = toErrorBody({ code });
  }
}

/**
 * Socket.IO middleware; on success the socket bears the identity. A connection knocks once: Socket.IO would make a session
 * of every CONNECT that arrives while the first is being judged, and each would have limits of its own (CONN-11).
 */
export function createHandshake(authenticator: Authenticator) {
  const knocked = new WeakSet<object>();
  return async (socket: VoiceSocket, next: (error?: Error) => void): Promise<void> => {
    if (knocked.has(socket.conn)) return void socket.conn.close();
    knocked.add(socket.conn);
    const code = await admit(socket, authenticator).catch((): ErrorCode => 'INTERNAL');
    next(code === null ? undefined : new HandshakeError(code));
  };
}

async function admit(socket: VoiceSocket, authenticator: Authenticator): Promise<ErrorCode | null> {
  const handshake = handshakeSchema.safeParse(socket.handshake.auth);
  if (!handshake.success) return 'UNAUTHENTICATED';
  if (handshake.data.protocol !== String(PROTOCOL_VERSION)) return 'PROTOCOL_UNSUPPORTED';
  const authentication = await authenticator.authenticate(handshake.data.token);
  if (!authentication.ok) return authentication.code;
  // A service speaks over HTTP and has no microphone.
  if (authentication.identity.scope === 'service') return 'FORBIDDEN';
  socket.data.identity = authentication.identity;
  return null;
}
