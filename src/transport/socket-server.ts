// Socket.IO on our HTTP server: limits, handshake, greeting and farewell. Must not know a command (on-command does).
import type { Server as HttpServer } from 'node:http';
import { Server, type ServerOptions } from 'socket.io';
import type { Authenticator } from '../auth/authenticator.ts';
import { closingTable } from '../protocol/errors.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import { createHandshake } from './authenticate.ts';
import { userRoom } from './deliver.ts';
import type { ServeSocket } from './on-command.ts';
import type { VoiceServer, VoiceSocket } from './typed-socket.ts';

/** Commands are small; a larger packet ends its connection (CONN-11). */
const INBOUND_PACKET_MAX_BYTES = 16 * 1024;
/** A socket that connects and then says nothing is let go. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Long enough for phones on a poor network to keep their seats. */
const PING_INTERVAL_MS = 15_000;
const PING_TIMEOUT_MS = 30_000;
/** How soon clients of a node that goes away should come back, at most; each is told its own moment. */
const COME_BACK_WITHIN_MS = 2_000;

export type AdapterFactory = NonNullable<ServerOptions['adapter']>;

export interface SocketServerOptions {
  /** Browsers may connect from these origins only; null: from any (tokens are not sent by browsers on their own). */
  readonly allowedOrigins: readonly string[] | null;
  readonly polling: boolean;
  /** Connects the user rooms of several nodes; null: this node is alone. */
  readonly adapter: AdapterFactory | null;
}

export function createSocketServer(httpServer: HttpServer, options: SocketServerOptions): VoiceServer {
  const { allowedOrigins, polling, adapter } = options;
  return new Server(httpServer, {
    transports: polling ? ['polling', 'websocket'] : ['websocket'],
    maxHttpBufferSize: INBOUND_PACKET_MAX_BYTES,
    connectTimeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    perMessageDeflate: false,
    serveClient: false,
    allowEIO3: false,
    ...(adapter ? { adapter } : {}),
    ...(polling && allowedOrigins ? { cors: { origin: [...allowedOrigins] } } : {}),
    // Browsers ask no CORS question before a WebSocket upgrade, so the Origin is checked here. Native clients send none.
    allowRequest: (request, decide) => {
      const { origin } = request.headers;
      const isAllowed = allowedOrigins === null || origin === undefined || allowedOrigins.includes(origin);
      decide(isAllowed ? null : 'this origin is not allowed', isAllowed);
    },
  });
}

interface Reception {
  readonly authenticator: Authenticator;
  readonly serve: ServeSocket;
  /** Store time, Unix milliseconds. */
  readonly now: () => number;
}

/** Opens the door: from now on sockets are authenticated, greeted and served. */
export function receiveSockets(io: VoiceServer, { authenticator, serve, now }: Reception): void {
  io.use(createHandshake(authenticator));
  io.on('connection', (socket) => {
    const { userId, expiresAt } = socket.data.identity;
    socket.join(userRoom(userId));
    serve(socket);
    socket.emit('session:ready', {
      userId,
      sessionId: socket.id,
      protocol: PROTOCOL_VERSION,
      serverTime: now(),
      tokenExpiresAt: expiresAt,
    });
  });
}

/** Tells every client to come back elsewhere and ends its connection in the way that lets it reconnect (CONN-6). */
export function dismissSockets(io: VoiceServer, random: (min: number, max: number) => number): void {
  for (const socket of io.of('/').sockets.values() as Iterable<VoiceSocket>) {
    const { message, reconnect } = closingTable.DRAINING;
    socket.emit('session:closing', {
      code: 'DRAINING',
      message,
      reconnect,
      afterMs: random(0, COME_BACK_WITHIN_MS),
    });
    // socket.disconnect(true) would tell the client to stay away.
    socket.conn.close();
  }
}
