// Socket.IO on our HTTP server: limits, handshake and greeting. Must not know a command (on-command does).
import type { Server as HttpServer } from 'node:http';
import { Server, type ServerOptions } from 'socket.io';
import type { Authenticator } from '../auth/authenticator.ts';
import { must } from '../lang/assert.ts';
import { Agenda } from '../ops/agenda.ts';
import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import type { Random } from '../ops/random.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import type { UserSessions } from '../users/user-sessions.ts';
import { type Admission, guardUpgrades } from './admission.ts';
import { createHandshake } from './authenticate.ts';
import { CompressionServer } from './compression.ts';
import type { SocketConnections } from './connections-socketio.ts';
import { drainSession } from './drain.ts';
import type { Service } from './on-command.ts';
import { packetParser } from './packet-encoder.ts';
import { createHandshakeRelease } from './release-handshake.ts';
import { Session, type SessionParts } from './session.ts';
import type { VoiceServer, VoiceSocket } from './typed-socket.ts';
import { userRoom } from './user-delivery-socketio.ts';

/** Commands are small; a larger packet ends its connection (CONN-11). */
const INBOUND_PACKET_MAX_BYTES = 16 * 1024;
/** A socket that connects and then says nothing is told to go; within 10 s it is gone, whether it answers or not. */
const CONNECT_TIMEOUT_MS = 7_000;
/** Long enough for phones on a poor network to keep their seats. */
const PING_INTERVAL_MS = 15_000;
const PING_TIMEOUT_MS = 30_000;

export type AdapterFactory = NonNullable<ServerOptions['adapter']>;

export interface SocketServerOptions {
  /** Browsers may connect from these origins only; null: from any (tokens are not sent by browsers on their own). */
  readonly allowedOrigins: readonly string[] | null;
  readonly polling: boolean;
  readonly admission: Admission;
  /** Connects the user rooms of several nodes; null: this node is alone. */
  readonly adapter: AdapterFactory | null;
}

export function createSocketServer(httpServer: HttpServer, options: SocketServerOptions): VoiceServer {
  const { allowedOrigins, polling, admission, adapter } = options;
  const io: VoiceServer = new Server(httpServer, {
    transports: polling ? ['polling', 'websocket'] : ['websocket'],
    maxHttpBufferSize: INBOUND_PACKET_MAX_BYTES,
    connectTimeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    // Compression is the business of our own WebSocket server (CONN-9).
    perMessageDeflate: false,
    wsEngine: CompressionServer,
    parser: packetParser,
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
  io.engine.on('connection', keepToOneNamespace);
  guardUpgrades(httpServer, { admission, polling });
  return io;
}

/** Socket.IO's CONNECT to a namespace other than `/`, whose name some clients leave out and some write down. */
const CONNECT_ELSEWHERE = /^0\/[^,]/;

/**
 * Socket.IO answers a CONNECT to a namespace that there is not, as often as it comes and before any limit of ours; so
 * the first ends the connection (CONN-11). Further ones to `/` are looked after by the handshake.
 */
function keepToOneNamespace(conn: VoiceSocket['conn']): void {
  conn.on('packet', closeIfElsewhere);
}

function closeIfElsewhere(this: VoiceSocket['conn'], { type, data }: { type: string; data?: unknown }): void {
  if (type === 'message' && typeof data === 'string' && CONNECT_ELSEWHERE.test(data)) this.close();
}

/** There is one namespace: who leaves it has no use for the connection, and must not begin anew on it uncounted. */
function endSession(this: VoiceSocket): void {
  this.data.session?.ended();
  this.conn.close();
}

interface Reception {
  /** Judges the handshake's tokens. */
  readonly authenticator: Authenticator;
  readonly userSessions: UserSessions;
  readonly lines: SocketConnections;
  readonly service: Service;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Store time, Unix milliseconds. */
  readonly now: () => number;
  /** Whether this node is going away: who comes in now is sent on at once. */
  readonly isDraining: () => boolean;
}

/** Opens the door: from now on sockets are authenticated, greeted and served. Returns the sessions that are open. */
export function receiveSockets(io: VoiceServer, reception: Reception): ReadonlySet<Session> {
  const { authenticator, userSessions, lines, service, clock, random, logger, now, isDraining } = reception;
  const sessions = new Set<Session>();
  const forgetBeginning = createHandshakeRelease(io);
  io.use(createHandshake({ authenticator, userSessions, clock, logger }));
  // What all sessions share; each for itself would keep these for as long as it lives.
  const parts: SessionParts = {
    authenticator: userSessions,
    clock,
    agenda: new Agenda<Session>(clock, (session) => session.tokenDue()),
    onRenewed: (sessionId, identity) => userSessions.renewed(sessionId, identity),
    onEnded: (session) => {
      sessions.delete(session);
      userSessions.release(session.id);
      service.ended(session);
      lines.close(session.id);
    },
  };
  io.on('connection', (socket) => {
    const identity = must(socket.data.identity, 'the handshake lets nobody in without an identity');
    forgetBeginning(socket);
    const session = new Session(socket, identity, parts);
    socket.data = { session };
    sessions.add(session);
    lines.open(socket, session);
    socket.on('disconnect', endSession);
    const { userId, expiresAt } = identity;
    socket.join(userRoom(userId));
    service.serve(socket);
    socket.emit('session:ready', {
      userId,
      sessionId: socket.id,
      protocol: PROTOCOL_VERSION,
      serverTime: now(),
      tokenExpiresAt: expiresAt,
    });
    // Whoever displaced it, or revoked its token, may have been quicker than the handshake.
    userSessions.attach(session.id, session);
    if (isDraining()) drainSession(session, random);
  });
  return sessions;
}
