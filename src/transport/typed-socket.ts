// Socket.IO's types with our event maps and our session data.
import type { Server, Socket } from 'socket.io';
import type { Identity } from '../auth/authenticator.ts';
import type { ClientToServerEvents, ServerToClientEvents } from '../protocol/socket-events.ts';
import type { Session } from './session.ts';

interface SocketData {
  /** Set by the handshake, until the session exists. */
  identity?: Identity;
  /** Set from then on. */
  session?: Session;
}

type NoInterServerEvents = Record<string, never>;
export type VoiceServer = Server<ClientToServerEvents, ServerToClientEvents, NoInterServerEvents, SocketData>;
export type VoiceSocket = Socket<ClientToServerEvents, ServerToClientEvents, NoInterServerEvents, SocketData>;
