// Releases what Socket.IO keeps of a handshake without need: the HTTP request with its headers, and the token. An idle
// connection costs what it keeps in memory, and a secret should not stay there.
import type { IncomingMessage } from 'node:http';
import type { VoiceServer, VoiceSocket } from './session.ts';

/** Takes the place of the handshake of every socket that was admitted. */
const RELEASED: VoiceSocket['handshake'] = Object.freeze({
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

/** Socket.IO reads these only while it makes a socket, and a connection has one socket (CONN-11). */
interface SocketInternals {
  handshake: VoiceSocket['handshake'];
  readonly conn: { request: IncomingMessage | null };
}

/** Returns a function that releases the handshake of a socket, after the last use of the request and the token. */
export function createHandshakeRelease(io: VoiceServer): (socket: VoiceSocket) => void {
  // engine.io's response to an upgrade listens for the end of the connection, and so it lives as long.
  const responses = new WeakMap<IncomingMessage, { req: unknown }>();
  io.engine.use((request: IncomingMessage, response: { req: unknown }, next: () => void) => {
    if (request.headers.upgrade) responses.set(request, response);
    next();
  });
  return (socket) => {
    const internals = socket as unknown as SocketInternals;
    internals.handshake = RELEASED;
    const { request } = internals.conn;
    const response = request && responses.get(request);
    if (response) response.req = null;
    internals.conn.request = null;
  };
}
