// Socket.IO on our HTTP server: limits, handshake and greeting. Commands are in on-command.
import type { Server as HttpServer } from 'node:http';
import { Server, type ServerOptions } from 'socket.io';
import { must } from '../lang/assert.ts';
import { Agenda } from '../ops/agenda.ts';
import type { Ambient } from '../ops/ambient.ts';
import type { Clock } from '../ops/clock.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import { type Admission, guardUpgrades } from './admission.ts';
import { createHandshake, type HandshakeDeps } from './authenticate.ts';
import { createCompressionEngine } from './compression.ts';
import type { SocketConnections } from './connections-socketio.ts';
import { drainSession } from './drain.ts';
import type { Service } from './on-command.ts';
import { packetParser } from './packet-encoder.ts';
import { createHandshakeRelease } from './release-handshake.ts';
import { Session, type SessionDeps, type VoiceServer, type VoiceSocket } from './session.ts';
import { userRoom } from './user-delivery-socketio.ts';

/** The largest command, a signal, has 8 KiB of JSON (MSG-4). A larger packet ends its connection (CONN-11). */
const INBOUND_PACKET_MAX_BYTES = 16 * 1024;
/** A socket without CONNECT is closed after this. With 2 s for its close frame it ends within 10 s (CONN-11). */
const CONNECT_TIMEOUT_MS = 7_000;
/** A silent connection ends after 45 s at most: phones on a poor network keep their seats (PRES-1). */
const PING_INTERVAL_MS = 15_000;
const PING_TIMEOUT_MS = 30_000;

interface SocketServerOptions {
  /** The origins of browsers that may connect. Null: all, since browsers send no tokens on their own (CONN-1). */
  readonly allowedOrigins: readonly string[] | null;
  readonly polling: boolean;
  readonly admission: Admission;
  readonly clock: Clock;
  /** Carries user delivery between nodes. Null: this node is alone. */
  readonly adapter: ServerOptions['adapter'] | null;
}

export function createSocketServer(httpServer: HttpServer, options: SocketServerOptions): VoiceServer {
  const { allowedOrigins, polling, admission, clock, adapter } = options;
  const io: VoiceServer = new Server(httpServer, {
    transports: polling ? ['polling', 'websocket'] : ['websocket'],
    maxHttpBufferSize: INBOUND_PACKET_MAX_BYTES,
    connectTimeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    // Our own WebSocket server does the compression (CONN-9).
    perMessageDeflate: false,
    wsEngine: createCompressionEngine(clock),
    parser: packetParser,
    serveClient: false,
    allowEIO3: false,
    ...(adapter ? { adapter } : {}),
    ...(polling && allowedOrigins ? { cors: { origin: [...allowedOrigins] } } : {}),
    // Browsers send no CORS request before a WebSocket upgrade, so Origin is checked here. Native clients send none.
    allowRequest: (request, decide) => {
      const { origin } = request.headers;
      const isAllowed = allowedOrigins === null || origin === undefined || allowedOrigins.includes(origin);
      decide(isAllowed ? null : 'this origin is not allowed', isAllowed);
    },
  });
  io.engine.on('connection', (conn: VoiceSocket['conn']) => conn.on('packet', closeIfElsewhere));
  guardUpgrades(httpServer, { admission, clock, polling });
  return io;
}

/** Socket.IO's CONNECT to a namespace other than `/`. Some clients write the name of `/` down, some leave it out. */
const CONNECT_ELSEWHERE = /^0\/[^,]/;

/**
 * Socket.IO answers every CONNECT to an unknown namespace, before any limit of ours. So the first of them ends the
 * connection (CONN-11). The handshake deals with further ones to `/`.
 */
function closeIfElsewhere(this: VoiceSocket['conn'], { type, data }: { type: string; data?: unknown }): void {
  if (type === 'message' && typeof data === 'string' && CONNECT_ELSEWHERE.test(data)) this.close();
}

/** There is one namespace: a client that leaves it must not start another, uncounted session on the connection. */
function endSession(this: VoiceSocket): void {
  this.data.session?.onDisconnected();
  this.conn.close();
}

interface AcceptSocketsDeps extends HandshakeDeps, Ambient {
  readonly connections: SocketConnections;
  readonly service: Service;
  /** Store time, Unix milliseconds. */
  readonly now: () => number;
  /** Whether this node is stopping: connections that come in now are sent to other nodes at once (CONN-12). */
  readonly isDraining: () => boolean;
}

/** From now on sockets are authenticated, greeted and served. Returns the open sessions; the set changes with them. */
export function acceptSockets(io: VoiceServer, deps: AcceptSocketsDeps): ReadonlySet<Session> {
  const { userSessions, connections, service, clock, random, now, isDraining } = deps;
  const sessions = new Set<Session>();
  const releaseHandshake = createHandshakeRelease(io);
  io.use(createHandshake(deps));
  // One object for all sessions: a copy for each would take memory for as long as the session lives.
  const sessionDeps: SessionDeps = {
    authenticator: userSessions,
    clock,
    agenda: new Agenda<Session>(clock, (session) => session.tokenDue()),
    onRenewed: (sessionId, identity) => userSessions.renewed(sessionId, identity),
    onEnded: (session) => {
      sessions.delete(session);
      userSessions.release(session.id);
      service.onEnded(session);
      connections.close(session.id);
    },
  };
  io.on('connection', (socket) => {
    const identity = must(socket.data.identity, 'the handshake admits no socket without an identity');
    releaseHandshake(socket);
    const session = new Session(socket, identity, sessionDeps);
    socket.data = { session };
    sessions.add(session);
    connections.open(socket, session);
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
    // The session may have been displaced, or its token revoked, before the handshake was complete.
    userSessions.attach(session.id, session);
    if (isDraining()) drainSession(session, random);
  });
  return sessions;
}
