// Lets go of what Socket.IO keeps of a connection's beginning although nobody asks for it again: the HTTP request with its
// headers, and the token. An idle member costs what is kept, and a secret should not linger. Must not know sessions.
import type { IncomingMessage } from 'node:http';
import type { VoiceServer, VoiceSocket } from './typed-socket.ts';

/** Stands for the handshake of every socket that has been let in. */
const FORGOTTEN: VoiceSocket['handshake'] = Object.freeze({
  headers: {},
  time: '',
  address: '',
  xdomain: false,
  secure: false,
  issued: 0,
  url: '',
  query: {},
  auth: {},
});

/** Socket.IO reads these only while it makes a socket, and there is one for a connection (CONN-11). */
interface Forgetful {
  handshake: VoiceSocket['handshake'];
  readonly conn: { request: IncomingMessage | null };
}

/** engine.io's answer to an upgrade, which stays as long as the connection because it wants to hear of its end. */
interface UpgradeResponse {
  req: unknown;
}

/** Forgets the beginning of sockets; what it returns is to be called when whoever needs the request or the token has seen them. */
export function createHandshakeRelease(io: VoiceServer): (socket: VoiceSocket) => void {
  const responses = new WeakMap<IncomingMessage, UpgradeResponse>();
  io.engine.use((request: IncomingMessage, response: UpgradeResponse, next: () => void) => {
    if (request.headers.upgrade) responses.set(request, response);
    next();
  });
  return (socket) => {
    const forgetful = socket as unknown as Forgetful;
    forgetful.handshake = FORGOTTEN;
    const { request } = forgetful.conn;
    const response = request && responses.get(request);
    if (response) response.req = null;
    forgetful.conn.request = null;
  };
}
