// Socket.IO's types with our event maps and our session data.
import type { Server, Socket } from 'socket.io';
import type { Identity } from '../auth/authenticator.ts';
import type { ClosingCode } from '../protocol/errors.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { ClientToServerEvents, ServerToClientEvents } from '../protocol/socket-events.ts';
import type { Caller } from '../rooms/contract/caller.ts';
import type { Outcome } from '../rooms/contract/outcome.ts';

/** A session, as the listeners of its socket see it; see session.ts. */
export interface ServedSession {
  readonly id: SessionId;
  readonly caller: Caller;
  readonly isClosing: boolean;
  readonly isDrained: boolean;
  readonly isExpired: boolean;
  renew(token: string): Promise<Outcome>;
  close(code: ClosingCode, afterMs?: number): void;
  onDisconnected(): void;
}

export interface SocketData {
  /** Set by the handshake, until the session exists. */
  identity?: Identity;
  /** Set from then on. */
  session?: ServedSession;
}

type NoInterServerEvents = Record<string, never>;
export type VoiceServer = Server<ClientToServerEvents, ServerToClientEvents, NoInterServerEvents, SocketData>;
export type VoiceSocket = Socket<ClientToServerEvents, ServerToClientEvents, NoInterServerEvents, SocketData>;
