// Lets go of what Socket.IO keeps of a connection's beginning although nobody asks for it again: the HTTP request with its
// headers, and the token. An idle member costs what is kept, and a secret should not linger. Must not know sessions.
import type { VoiceSocket } from './typed-socket.ts';

/** Stands for the handshake of every socket that has been let in. */
const FORGOTTEN = Object.freeze({
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

/** Socket.IO reads both only while it makes a socket, and there is one for a connection (CONN-11). */
interface Forgetful {
  handshake: VoiceSocket['handshake'];
  readonly conn: { request: unknown };
}

/** Call it when whoever needs the request or the token has seen them. */
export function letGoOfHandshake(socket: VoiceSocket): void {
  const forgetful = socket as unknown as Forgetful;
  forgetful.handshake = FORGOTTEN;
  forgetful.conn.request = null;
}
