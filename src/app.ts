// The composition root: starts the configured engines, then the rooms, then the servers for sockets and HTTP. It stops
// them in reverse order.
import { JwtAuthenticator, type JwtOptions } from './auth/authenticator-jwt.ts';
import { createJwtIssuer } from './auth/token-issuer-jwt.ts';
import { NodeAnnouncer } from './cluster/node-announcer.ts';
import type { Config } from './config.ts';
import { createMemoryEngines, createRedisEngines, type Engines } from './engines.ts';
import { createHttpServer, listen } from './http/http-server.ts';
import { serveRoutes } from './http/route.ts';
import { adminRoutes } from './http/routes/admin.ts';
import { consoleRoute } from './http/routes/console.ts';
import { descriptionRoutes } from './http/routes/descriptions.ts';
import { devTokenRoute } from './http/routes/dev-token.ts';
import { type Health, healthRoutes } from './http/routes/health.ts';
import { messageRoutes } from './http/routes/messages.ts';
import { metricsRoute } from './http/routes/metrics.ts';
import { roomRoutes } from './http/routes/rooms.ts';
import { userRoutes } from './http/routes/users.ts';
import type { Ambient } from './ops/ambient.ts';
import { type Clock, systemClock } from './ops/clock.ts';
import { Lifecycle } from './ops/lifecycle.ts';
import { createLogger } from './ops/logger.ts';
import { type LoopDelay, LoopGauge } from './ops/loop-delay.ts';
import { Metrics, type Readings } from './ops/metrics.ts';
import { systemRandom } from './ops/random.ts';
import { pause } from './ops/repeat.ts';
import { StoreWatch } from './ops/store-watch.ts';
import { PROTOCOL_VERSION } from './protocol/version.ts';
import { VoiceGrants } from './rooms/contract/voice-grants.ts';
import { RoomService } from './rooms/room-service.ts';
import type { RtcProvider } from './rtc/rtc-provider.ts';
import { createAgoraProvider } from './rtc/rtc-provider-agora.ts';
import { createNoProvider } from './rtc/rtc-provider-none.ts';
import { createP2pProvider } from './rtc/rtc-provider-p2p.ts';
import { REASSERTION_MS } from './store/room-recovery.ts';
import { measureCommits } from './store/room-store-measured.ts';
import { Admission } from './transport/admission.ts';
import { SocketConnections } from './transport/connections-socketio.ts';
import { drainSessions } from './transport/drain.ts';
import { createService } from './transport/on-command.ts';
import { CommandLimits } from './transport/rate-limit.ts';
import { acceptSockets, createSocketServer } from './transport/socket-server.ts';
import { createUserAdapter, createUserDelivery } from './transport/user-delivery-socketio.ts';
import { ServiceMessages } from './users/service-messages.ts';
import { UserSessions } from './users/user-sessions.ts';

/** What tests replace; production passes nothing. */
export interface AppOverrides extends Partial<Ambient> {
  readonly loopDelay?: LoopDelay;
  /** Engines shared with other servers of this process; stopping this server does not close them. */
  readonly engines?: Engines;
}

export interface App {
  readonly port: number;
  readonly opsPort: number;
  readonly engine: Engines['name'];
  readonly rooms: RoomService;
  readonly serviceMessages: ServiceMessages;
  readonly userSessions: UserSessions;
  stop(): Promise<void>;
}

/** What all parts share. */
interface Shared extends Ambient {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

/** Starts a server. When it cannot start, stops the started parts again and rejects. */
export async function startApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const { clock = systemClock, random = systemRandom, logger = createLogger(config.logLevel) } = overrides;
  const lifecycle = new Lifecycle(logger);
  try {
    const shared: Shared = { config, clock, random, logger, metrics: new Metrics(), lifecycle };
    const engines = overrides.engines ?? (await startEngines(shared));
    const backend = await startRooms(shared, engines);
    return await startServers(shared, backend, overrides.loopDelay ?? startLoopGauge(shared));
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

async function startEngines(shared: Shared): Promise<Engines> {
  const { config, clock, lifecycle } = shared;
  const engines = config.redis ? await createRedisEngines(config.redis, shared) : createMemoryEngines(clock);
  lifecycle.started('engines', () => engines.close());
  // A Redis server that has just lost its data gets its rooms back from the nodes where they are live (SYNC-4). A node
  // that starts meanwhile knows of no loss, and would give the ids of these rooms away. So it waits.
  const leftMs = REASSERTION_MS - (await engines.youngestAgeMs());
  if (leftMs > 0) await pause(clock, leftMs);
  return engines;
}

/** The rooms and the user sessions of this node: what serves a connection, and nothing that accepts one. */
type Backend = Awaited<ReturnType<typeof startRooms>>;

async function startRooms({ config, metrics, lifecycle, ...ambient }: Shared, engines: Engines) {
  const { clock, random } = ambient;
  const storeNow = () => engines.store.now();
  const connections = new SocketConnections({ metrics, clock });
  const rooms = new RoomService({
    ...engines,
    ...ambient,
    store: measureCommits(engines.store, { metrics, clock }),
    chatShownPerSecond: config.limits.roomChatPerSecond,
    connections,
    grants: new VoiceGrants({ ...ambient, provider: createProvider(config.rtc), storeNow }),
  });
  lifecycle.started('rooms', () => rooms.close());

  // Without a configured key (development) tokens are signed with a secret that ends with this process.
  const jwt = { ...config.jwt, key: config.jwt.key ?? { kind: 'secret' as const, secret: random.id() + random.id() } };
  const authenticator = new JwtAuthenticator(jwt, clock);
  const userSessions = new UserSessions({
    ...engines,
    ...ambient,
    authenticator,
    storeNow,
    revokeMemberships: (target) => rooms.revoke(target),
    liveness: () => ({ nodeId: rooms.nodeId, deadNodes: rooms.deadNodes }),
  });
  // Revocations must arrive before the first connection does.
  await userSessions.start();
  lifecycle.started('user sessions', () => userSessions.close());
  return { engines, rooms, connections, jwt, authenticator, userSessions, storeNow };
}

/** Sockets and HTTP for clients and the app's backend, and the page for operators. */
async function startServers(shared: Shared, backend: Backend, loopDelay: LoopDelay): Promise<App> {
  const { config, lifecycle, metrics, ...ambient } = shared;
  const { clock, random, logger } = ambient;
  const { engines, rooms, userSessions, storeNow } = backend;
  const isDraining = () => lifecycle.isStopping;
  const http = createHttpServer(logger, config);
  const admission = new Admission({ ...config.limits, clock, random, loopDelay, isDraining });
  const adapter = engines.userLink && createUserAdapter(engines.userLink);
  const io = createSocketServer(http.server, { ...config, admission, clock, adapter });
  const limits = new CommandLimits(config.limits);
  const service = createService({ ...ambient, rooms, connections: backend.connections, limits, metrics });
  const sessions = acceptSockets(io, {
    ...ambient,
    authenticator: backend.authenticator,
    userSessions,
    connections: backend.connections,
    service,
    now: storeNow,
    isDraining,
  });
  const serviceMessages = new ServiceMessages({ outbound: createUserDelivery(io), random, storeNow });

  const health = await startHealth(shared, engines);
  const connectionCount = () => io.of('/').sockets.size;
  await announceNode(shared, backend, connectionCount);
  healthRoutes(http, health);
  await serveApi(http, shared, { ...backend, serviceMessages });
  const opsPort = await serveOps(shared, health, async () => {
    const [roomCounts, isStoreUp] = await Promise.all([rooms.roomCounts(), engines.isHealthy()]);
    return { ...roomCounts, connections: connectionCount(), isStoreUp };
  });

  // The HTTP server does not close while a socket is open, so its sockets close first.
  http.addHook('preClose', async () => {
    io.engine.close();
  });
  const port = await listen(http, config);
  lifecycle.started('http', () => http.close());
  // Started last, so that it stops first: clients are sent to other nodes while this one still serves them.
  lifecycle.started('sockets', () => drainSessions([...sessions], { clock, random, drainMs: config.drainMs }));
  return { port, opsPort, engine: engines.name, rooms, userSessions, serviceMessages, stop: () => lifecycle.stop() };
}

function startLoopGauge({ clock, lifecycle }: Shared): LoopDelay {
  const gauge = new LoopGauge(clock);
  lifecycle.started('loop gauge', () => gauge.stop());
  return gauge;
}

async function startHealth({ clock, lifecycle }: Shared, engines: Engines): Promise<Health> {
  const watch = new StoreWatch({ clock, isUsable: () => engines.isHealthy() });
  await watch.start();
  lifecycle.started('store watch', () => watch.stop());
  return { isReady: () => !lifecycle.isStopping && watch.isUsable };
}

async function announceNode(
  { clock, logger, lifecycle }: Shared,
  { engines, rooms, storeNow }: Backend,
  connectionCount: () => number,
): Promise<void> {
  const startedAt = storeNow();
  const announcer = new NodeAnnouncer({ nodes: engines.nodes, clock, logger }, () => ({
    nodeId: rooms.nodeId,
    startedAt,
    connections: connectionCount(),
    rooms: rooms.liveRoomCount,
  }));
  await announcer.start();
  lifecycle.started('node', () => announcer.stop());
}

type Http = ReturnType<typeof createHttpServer>;

/** The routes under /v1 with their description, and the console. */
async function serveApi(
  http: Http,
  { config, metrics, clock }: Shared,
  backend: Backend & { readonly serviceMessages: ServiceMessages },
): Promise<void> {
  const { engines, rooms, userSessions, serviceMessages, jwt, storeNow } = backend;
  const routes = [
    ...roomRoutes({ rooms, metrics, clock }),
    ...messageRoutes({ rooms, serviceMessages }),
    ...userRoutes({ userSessions, storeNow }),
    ...adminRoutes({ rooms, nodes: engines.nodes }),
  ];
  serveRoutes(http, routes, userSessions);
  descriptionRoutes(http, routes, String(PROTOCOL_VERSION));
  if (!config.isProduction && isLoopback(config.host)) serveDevTokens(http, jwt, clock);
  await consoleRoute(http);
}

/** The operators' server with metrics and health, on a port of its own. Returns the port. */
async function serveOps(
  { config, logger, metrics, lifecycle }: Shared,
  health: Health,
  read: () => Promise<Readings>,
): Promise<number> {
  const ops = createHttpServer(logger, config);
  healthRoutes(ops, health);
  metricsRoute(ops, { metrics, read });
  const port = await listen(ops, { host: config.host, port: config.opsPort });
  lifecycle.started('ops', () => ops.close());
  return port;
}

/** Anybody gets a token for any user here, so this is for one machine only. It needs a secret that can sign. */
function serveDevTokens(http: Http, { key, ...jwt }: JwtOptions, clock: Clock): void {
  if (key.kind === 'secret') devTokenRoute(http, createJwtIssuer({ ...jwt, secret: key.secret }, clock));
}

const isLoopback = (host: string): boolean => ['127.0.0.1', '::1', 'localhost'].includes(host);

function createProvider(rtc: Config['rtc']): RtcProvider {
  switch (rtc.provider) {
    case 'agora':
      return createAgoraProvider(rtc);
    case 'p2p':
      return createP2pProvider(rtc);
    case 'none':
      return createNoProvider();
  }
}
