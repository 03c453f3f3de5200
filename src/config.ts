// The configuration of one server process, read from the environment. All missing and wrong settings are named at once.
import type { JwtKey } from './auth/jwt-key.ts';
import { databaseOf, type RedisTopology } from './redis/topology.ts';
import { type ServerSettings, serverSettingsSchema } from './settings.ts';

/** Planned settings: they are refused, because ignoring them would surprise. */
const unsupported = ['AGORA_CUSTOMER_KEY', 'AGORA_CUSTOMER_SECRET', 'AGORA_WEBHOOK_SECRET'] as const;

/** Each names a place where rooms are stored. */
const stores = ['REDIS_URL', 'REDIS_SENTINELS', 'REDIS_CLUSTER'] as const;

/** Each verifies tokens in its own way; with two it would be open which one decides. */
const keySources = ['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWKS_URL'] as const;

export interface Config {
  readonly isProduction: boolean;
  readonly host: string;
  readonly port: number;
  readonly opsPort: number;
  readonly trustProxy: boolean;
  readonly polling: boolean;
  readonly allowedOrigins: readonly string[] | null;
  readonly logLevel: ServerSettings['LOG_LEVEL'];
  /** Null: the memory engine. */
  readonly redis: { readonly topology: RedisTopology; readonly prefix: string } | null;
  /** `key` null: development, with a random secret made at start. */
  readonly jwt: { readonly key: JwtKey | null; readonly issuer: string | null; readonly audience: string | null };
  /** Sustained rates per second. How many times the rate a burst may have is chosen where the limit is applied. */
  readonly limits: {
    readonly commandsPerSecond: number;
    readonly chatPerSecond: number;
    /** Chat messages that a very large room shows (MSG-7). */
    readonly roomChatPerSecond: number;
    readonly handshakesPerSecond: number;
  };
  /** For how long a stopping server spreads the sending on of its clients. */
  readonly drainMs: number;
  readonly rtc:
    | { readonly provider: 'none' }
    | { readonly provider: 'p2p'; readonly iceServers: readonly string[]; readonly turnSecret: string | null }
    | { readonly provider: 'agora'; readonly appId: string; readonly appCertificate: string };
}

/** Has one line per problem; never contains the value of a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Reads the settings; throws ConfigError with all problems at once. An empty value counts as not set. */
export function loadConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = serverSettingsSchema.safeParse(given);
  const invalid = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const refused = unsupported
    .filter((name) => given[name] !== undefined)
    .map((name) => `${name}: is not supported yet`);
  const problems = [...invalid, ...refused, ...missing(given), ...contradictions(given)];
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return toConfig(parsed.data);
}

/** Settings that the chosen mode needs. */
function missing(given: Readonly<Record<string, string | undefined>>): string[] {
  const problems: string[] = [];
  const need = (name: string, why: string) => {
    if (given[name] === undefined) problems.push(`${name}: is missing; ${why}`);
  };
  const isProduction = given.NODE_ENV === 'production';
  const isAgora =
    given.RTC_PROVIDER === 'agora' || (given.RTC_PROVIDER === undefined && (isProduction || hasAgora(given)));
  if (isProduction) {
    if (keySources.every((name) => given[name] === undefined)) {
      need('JWT_SECRET', 'production verifies the tokens of your backend with it (or JWT_PUBLIC_KEY, or JWKS_URL)');
    }
    if (given.ALLOW_MEMORY_STORE !== '1' && stores.every((name) => given[name] === undefined)) {
      const others = 'REDIS_SENTINELS, or REDIS_CLUSTER, or ALLOW_MEMORY_STORE=1';
      need('REDIS_URL', `without a store rooms end with the process (or ${others})`);
    }
  }
  if (/\bturns?:/.test(given.ICE_SERVERS ?? '')) {
    need('TURN_SECRET', 'browsers refuse turn: addresses without a credential, which is made with this secret');
  }
  if (given.REDIS_SENTINELS !== undefined) need('REDIS_SENTINEL_NAME', 'the Sentinels know their master by this name');
  if (isAgora) {
    const why = 'Agora carries the voice (set RTC_PROVIDER to p2p or none if it should not)';
    need('AGORA_APP_ID', why);
    need('AGORA_APP_CERTIFICATE', why);
  }
  return problems;
}

/** Settings that are valid alone and contradict each other. */
function contradictions(given: Readonly<Record<string, string | undefined>>): string[] {
  const problems: string[] = [];
  const [first, ...others] = keySources.filter((name) => given[name] !== undefined);
  for (const name of others) problems.push(`${name}: contradicts ${first}; only one of them can verify tokens`);
  if (given.REDIS_CLUSTER !== undefined && given.REDIS_SENTINELS !== undefined) {
    problems.push('REDIS_CLUSTER: contradicts REDIS_SENTINELS; rooms are stored in one place only');
  }
  const toSentinels = ['REDIS_SENTINEL_NAME', 'REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD'];
  for (const name of toSentinels) {
    if (given[name] === undefined || given.REDIS_SENTINELS !== undefined) continue;
    problems.push(`${name}: is for Sentinels, and REDIS_SENTINELS is not set`);
  }
  if (given.REDIS_SENTINEL_USERNAME !== undefined && given.REDIS_SENTINEL_PASSWORD === undefined) {
    problems.push('REDIS_SENTINEL_PASSWORD: is missing; REDIS_SENTINEL_USERNAME needs it');
  }
  const url = given.REDIS_URL ?? '';
  if (given.REDIS_CLUSTER !== undefined && URL.canParse(url) && databaseOf(url) !== 0) {
    problems.push('REDIS_URL: names a database, but a Cluster (REDIS_CLUSTER) has only database 0');
  }
  const { PORT: port = '3000', OPS_PORT: opsPort = '3001' } = given;
  if (port !== '0' && Number(port) === Number(opsPort)) problems.push('OPS_PORT: must differ from PORT');
  return problems;
}

const hasAgora = (given: Readonly<Record<string, string | undefined>>): boolean =>
  given.AGORA_APP_ID !== undefined || given.AGORA_APP_CERTIFICATE !== undefined;

function toConfig(settings: ServerSettings): Config {
  const isProduction = settings.NODE_ENV === 'production';
  return {
    isProduction,
    host: settings.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    port: settings.PORT,
    opsPort: settings.OPS_PORT,
    trustProxy: settings.TRUST_PROXY,
    polling: settings.POLLING,
    allowedOrigins: settings.ALLOWED_ORIGINS ?? null,
    logLevel: settings.LOG_LEVEL,
    redis: redisOf(settings),
    limits: {
      commandsPerSecond: settings.LIMIT_COMMANDS_PER_SECOND,
      chatPerSecond: settings.LIMIT_CHAT_PER_SECOND,
      roomChatPerSecond: settings.LIMIT_ROOM_CHAT_PER_SECOND,
      handshakesPerSecond: settings.LIMIT_HANDSHAKES_PER_SECOND,
    },
    drainMs: settings.DRAIN_MS,
    jwt: { key: keyOf(settings), issuer: settings.JWT_ISSUER ?? null, audience: settings.JWT_AUDIENCE ?? null },
    rtc: rtcOf(settings),
  };
}

function redisOf(settings: ServerSettings): Config['redis'] {
  const { REDIS_URL: url = null, REDIS_SENTINELS: sentinels, REDIS_CLUSTER: nodes, REDIS_PREFIX: prefix } = settings;
  if (nodes) return { topology: { kind: 'cluster', nodes, url }, prefix };
  if (sentinels) {
    const { REDIS_SENTINEL_NAME: name = '', REDIS_SENTINEL_USERNAME: username } = settings;
    const { REDIS_SENTINEL_PASSWORD: password } = settings;
    const sentinelAccess = { ...(username ? { username } : {}), ...(password ? { password } : {}) };
    return { topology: { kind: 'sentinel', sentinels, name, url, sentinelAccess }, prefix };
  }
  return url === null ? null : { topology: { kind: 'standalone', url }, prefix };
}

/** Without RTC_PROVIDER voice goes through Agora if Agora is configured, else directly between browsers. */
function rtcOf(settings: ServerSettings): Config['rtc'] {
  const { AGORA_APP_ID: appId, AGORA_APP_CERTIFICATE: appCertificate, RTC_PROVIDER: wanted } = settings;
  if (wanted === 'none') return { provider: 'none' };
  const isAgora = appId !== undefined && appCertificate !== undefined && wanted !== 'p2p';
  if (isAgora) return { provider: 'agora', appId, appCertificate };
  return { provider: 'p2p', iceServers: settings.ICE_SERVERS, turnSecret: settings.TURN_SECRET ?? null };
}

function keyOf({ JWT_SECRET: secret, JWT_PUBLIC_KEY: pem, JWKS_URL: url }: ServerSettings): JwtKey | null {
  if (secret !== undefined) return { kind: 'secret', secret };
  if (pem !== undefined) return { kind: 'publicKey', pem };
  if (url !== undefined) return { kind: 'jwks', url };
  return null;
}
