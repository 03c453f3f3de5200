// Socket.IO's types with our event maps and our session data. Types only.
import type { Server, Socket } from 'socket.io';
import type { Identity } from '../auth/authenticator.ts';
import type { ClientToServerEvents, ServerToClientEvents } from '../protocol/socket-events.ts';

export interface SocketData {
  /** Set by the handshake; there is no socket without it. */
  identity: Identity;
}

type NoInterServerEvents = Record<string, never>;
export type VoiceServer = Server<ClientToServerEvents, ServerToClientEvents, NoInterServerEvents, SocketData>;
export type VoiceSocket = Socket<ClientToServerEvents, ServerToClientEvents, NoInterServerEvents, SocketData>;
