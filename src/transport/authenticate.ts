// The handshake: protocol version and token, before a socket exists (CONN-2, CONN-3). Must not know rooms.
import type { Authenticator, Identity } from '../auth/authenticator.ts';
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

/** Socket.IO middleware; on success the socket bears the identity. */
export const createHandshake =
  (authenticator: Authenticator) =>
  async (socket: VoiceSocket, next: (error?: Error) => void): Promise<void> => {
    const admitted = await admit(socket, authenticator).catch((): ErrorCode => 'INTERNAL');
    // Nobody can tell yet: a `connect_error` would be final, but an ended transport makes the client try again.
    if (admitted === 'UNAVAILABLE') return void socket.conn.close();
    if (typeof admitted === 'string') return next(new HandshakeError(admitted));
    socket.data.identity = admitted;
    next();
  };

async function admit(socket: VoiceSocket, authenticator: Authenticator): Promise<Identity | ErrorCode> {
  const handshake = handshakeSchema.safeParse(socket.handshake.auth);
  if (!handshake.success) return 'UNAUTHENTICATED';
  if (handshake.data.protocol !== String(PROTOCOL_VERSION)) return 'PROTOCOL_UNSUPPORTED';
  const authentication = await authenticator.authenticate(handshake.data.token);
  if (!authentication.ok) return authentication.code;
  // A service speaks over HTTP and has no microphone.
  if (authentication.identity.scope === 'service') return 'FORBIDDEN';
  return authentication.identity;
}
