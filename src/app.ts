// Puts the server together: has the configured engines made, wires the parts, starts and stops them in order. No logic.
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
import { type Clock, systemClock } from './ops/clock.ts';
import { Lifecycle } from './ops/lifecycle.ts';
import { createLogger, type Logger } from './ops/logger.ts';
import { type LoopDelay, LoopGauge } from './ops/loop-delay.ts';
import { createMetrics, type Metrics } from './ops/metrics.ts';
import { type Random, systemRandom } from './ops/random.ts';
import { StoreWatch } from './ops/store-watch.ts';
import { PROTOCOL_VERSION } from './protocol/version.ts';
import { VoiceGrants } from './rooms/audience/voice-grants.ts';
import type { RevocationTarget } from './rooms/contract/revocation.ts';
import { RoomService } from './rooms/room-service.ts';
import type { RtcProvider } from './rtc/rtc-provider.ts';
import { createAgoraProvider } from './rtc/rtc-provider-agora.ts';
import { createNoProvider } from './rtc/rtc-provider-none.ts';
import { createP2pProvider } from './rtc/rtc-provider-p2p.ts';
import type { NodeStore } from './store/node-store.ts';
import { REASSERTION_MS } from './store/room-recovery.ts';
import { measureCommits } from './store/room-store-measured.ts';
import { createUserAdapter } from './transport/adapter-redis.ts';
import { Admission } from './transport/admission.ts';
import { SocketConnections } from './transport/connections-socketio.ts';
import { drainSessions } from './transport/drain.ts';
import { createService } from './transport/on-command.ts';
import { CommandLimits } from './transport/rate-limit.ts';
import { acceptSockets, createSocketServer } from './transport/socket-server.ts';
import { createUserDelivery } from './transport/user-delivery-socketio.ts';
import { ServiceMessages } from './users/service-messages.ts';
import { UserSessions } from './users/user-sessions.ts';

/** What tests put in the place of the real thing; production gives nothing. */
export interface AppOverrides {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  readonly loopDelay?: LoopDelay;
  /** Engines shared with other servers of this process; they are not closed with this one. */
  readonly engines?: Engines;
}

export interface App {
  readonly port: number;
  readonly opsPort: number;
  readonly engine: Engines['name'];
  readonly rooms: RoomService;
  /** What services tell users outside of rooms. */
  readonly notices: ServiceMessages;
  readonly accounts: UserSessions;
  stop(): Promise<void>;
}

/** Starts a server; rejects, with everything stopped again, when it cannot. */
export async function startApp(config: Config, surroundings: AppOverrides = {}): Promise<App> {
  const logger = surroundings.logger ?? createLogger(config.logLevel);
  const lifecycle = new Lifecycle(logger);
  try {
    return await start(config, { ...surroundings, logger, lifecycle });
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

interface Start extends AppOverrides {
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

async function start(config: Config, { lifecycle, logger, ...given }: Start): Promise<App> {
  const { clock = systemClock, random = systemRandom } = given;
  const ambient = { clock, random, logger };
  const engines = given.engines ?? (await createEngines(config, ambient));
  if (!given.engines) lifecycle.started('engines', () => engines.close());
  const jwt = { ...config.jwt, key: config.jwt.key ?? { kind: 'secret' as const, secret: random.id() + random.id() } };
  const authenticator = new JwtAuthenticator(jwt, clock);

  const metrics = createMetrics();
  const http = createHttpServer(logger, config);
  const isDraining = () => lifecycle.isStopping;
  const loopDelay = given.loopDelay ?? startLoopGauge({ clock, lifecycle });
  const admission = new Admission({ ...config.limits, clock, random, loopDelay, isDraining });
  const adapter = engines.userLink && createUserAdapter(engines.userLink);
  const io = createSocketServer(http.server, { ...config, admission, clock, adapter });
  const connections = new SocketConnections({ metrics, clock });
  const provider = createProvider(config.rtc);
  const storeNow = () => engines.store.now();
  const startedAt = storeNow();
  const rooms = new RoomService({
    ...engines,
    store: measureCommits(engines.store, { metrics, clock }),
    chatShownPerSecond: config.limits.roomChatPerSecond,
    connections,
    grants: new VoiceGrants({ ...ambient, provider, storeNow }),
    ...ambient,
  });
  const notices = new ServiceMessages({ outbound: createUserDelivery(io), random, storeNow });
  lifecycle.started('rooms', () => rooms.close());
  const service = createService({ ...ambient, rooms, connections, limits: new CommandLimits(config.limits), metrics });
  const accounts = new UserSessions({ ...engines, ...ambient, ...asked(rooms), authenticator, storeNow });
  await accounts.start();
  lifecycle.started('accounts', () => accounts.close());
  const sessions = acceptSockets(io, {
    authenticator,
    accounts,
    connections,
    service,
    ...ambient,
    now: storeNow,
    isDraining,
  });

  const health = await startHealth(engines, { clock, lifecycle });
  healthRoutes(http, health);
  const nodes = new NodeAnnouncer({ nodes: engines.nodes, clock, logger }, () => ({
    nodeId: rooms.nodeId,
    startedAt,
    connections: io.of('/').sockets.size,
    rooms: rooms.liveRoomCount,
  }));
  await nodes.start();
  lifecycle.started('node', () => nodes.stop());
  serveApi(http, { rooms, notices, accounts, nodes: engines.nodes, metrics, clock, storeNow });
  if (!config.isProduction && isLoopback(config.host)) serveDevTokens(http, jwt, clock);
  await consoleRoute(http);
  const ops = createHttpServer(logger, config);
  healthRoutes(ops, health);
  const read = async () => {
    const [census, isStoreUp] = await Promise.all([rooms.roomCounts(), engines.isHealthy()]);
    return { ...census, connections: io.of('/').sockets.size, isStoreUp };
  };
  metricsRoute(ops, { metrics, read });

  const opsPort = await listen(ops, { host: config.host, port: config.opsPort });
  lifecycle.started('ops', () => ops.close());
  // A socket server keeps HTTP from closing as long as a socket lives: sockets go first.
  http.addHook('preClose', async () => {
    io.engine.close();
  });
  const port = await listen(http, config);
  lifecycle.started('http', () => http.close());
  lifecycle.started('sockets', () => drainSessions([...sessions], { clock, random, drainMs: config.drainMs }));
  return { port, opsPort, engine: engines.name, rooms, accounts, notices, stop: () => lifecycle.stop() };
}

interface Watching {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
}

async function startHealth(engines: Engines, { clock, lifecycle }: Watching): Promise<Health> {
  const watch = new StoreWatch({ clock, isUsable: () => engines.isHealthy() });
  await watch.start();
  lifecycle.started('store watch', () => watch.stop());
  return { isReady: () => !lifecycle.isStopping && watch.isUsable };
}

function startLoopGauge({ clock, lifecycle }: Watching): LoopDelay {
  const gauge = new LoopGauge(clock);
  lifecycle.started('loop gauge', () => gauge.stop());
  return gauge;
}

/** What accounts ask of rooms. */
const asked = (rooms: RoomService) => ({
  expel: (one: RevocationTarget) => rooms.revoke(one),
  liveness: () => ({ nodeId: rooms.nodeId, gone: rooms.deadNodes }),
});

interface Api {
  readonly rooms: RoomService;
  readonly notices: ServiceMessages;
  readonly accounts: UserSessions;
  readonly nodes: NodeStore;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Store time, Unix milliseconds. */
  readonly storeNow: () => number;
}

/** What is under /v1, and its description. */
function serveApi(
  http: ReturnType<typeof createHttpServer>,
  { rooms, notices, accounts, nodes, metrics, clock, storeNow }: Api,
): void {
  const routes = [
    ...roomRoutes({ rooms, metrics, clock }),
    ...messageRoutes({ rooms, notices }),
    ...userRoutes({ accounts, storeNow }),
    ...adminRoutes({ rooms, nodes }),
  ];
  serveRoutes(http, routes, accounts);
  descriptionRoutes(http, routes, String(PROTOCOL_VERSION));
}

async function createEngines(
  config: Config,
  ambient: { clock: Clock; logger: Logger; random: Random },
): Promise<Engines> {
  if (!config.redis) return createMemoryEngines(ambient.clock);
  const engines = await createRedisEngines(config.redis, ambient);
  await untilBroughtBack(engines, ambient.clock);
  return engines;
}

/**
 * Rooms that a server has just lost are brought back by the nodes that hold them (SYNC-4). One that begins right then knows of
 * no loss, and would give their names away.
 */
async function untilBroughtBack(engines: Engines, clock: Clock): Promise<void> {
  const leftMs = REASSERTION_MS - (await engines.youngestAgeMs());
  if (leftMs > 0) await new Promise<void>((resolve) => void clock.after(leftMs, resolve));
}

/** Tokens for anybody are for nobody beyond this machine, and can be made only with a secret. */
function serveDevTokens(http: ReturnType<typeof createHttpServer>, { key, ...jwt }: JwtOptions, clock: Clock): void {
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
