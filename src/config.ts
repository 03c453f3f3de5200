// The settings of one server process: the only reader of the environment. Every missing or wrong one is named at once.
import type { JwtKey } from './auth/jwt-key.ts';
import { databaseOf, type RedisTopology } from './redis/topology.ts';
import { type Settings, settingsSchema } from './settings.ts';

/** Known settings whose time has not come: better refused than passed over in silence. */
const notYet = ['AGORA_CUSTOMER_KEY', 'AGORA_CUSTOMER_SECRET', 'AGORA_WEBHOOK_SECRET'] as const;

/** Each is a place where rooms are kept. */
const stores = ['REDIS_URL', 'REDIS_SENTINELS', 'REDIS_CLUSTER'] as const;

/** Each verifies tokens in its own way; two at once would leave open which of them decides. */
const keySources = ['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWKS_URL'] as const;

export interface Config {
  readonly isProduction: boolean;
  readonly host: string;
  readonly port: number;
  readonly opsPort: number;
  readonly trustProxy: boolean;
  readonly polling: boolean;
  readonly allowedOrigins: readonly string[] | null;
  readonly logLevel: Settings['LOG_LEVEL'];
  /** Null: the memory engine. */
  readonly redis: { readonly topology: RedisTopology; readonly prefix: string } | null;
  /** `key` null: development, where a secret is made at start. */
  readonly jwt: { readonly key: JwtKey | null; readonly issuer: string | null; readonly audience: string | null };
  readonly limits: Limits;
  /** Over how long an ending server spreads its farewells. */
  readonly drainMs: number;
  readonly rtc:
    | { readonly provider: 'none' }
    | { readonly provider: 'p2p'; readonly iceServers: readonly string[]; readonly turnSecret: string | null }
    | { readonly provider: 'agora'; readonly appId: string; readonly appCertificate: string };
}

/** Sustained rates, a second each; bursts are multiples of them, which whoever limits chooses. */
export interface Limits {
  readonly commandsPerSecond: number;
  readonly chatPerSecond: number;
  /** Shown in a very large room. */
  readonly roomChatPerSecond: number;
  readonly handshakesPerSecond: number;
}

/** One line per problem; values of secrets are never repeated. */
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
  const parsed = settingsSchema.safeParse(given);
  const wrong = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const tooEarly = notYet.filter((name) => given[name] !== undefined).map((name) => `${name}: is not supported yet`);
  const problems = [...wrong, ...tooEarly, ...missing(given), ...contradictions(given)];
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return toConfig(parsed.data);
}

/** What the chosen mode cannot do without. */
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
      need(
        'REDIS_URL',
        'rooms of one process end with it (or REDIS_SENTINELS, or REDIS_CLUSTER; ALLOW_MEMORY_STORE=1 if you want that)',
      );
    }
  }
  if (/\bturns?:/.test(given.ICE_SERVERS ?? '')) {
    need('TURN_SECRET', 'browsers refuse turn: addresses without a credential, and it is made with this');
  }
  if (given.REDIS_SENTINELS !== undefined) {
    need('REDIS_SENTINEL_NAME', 'Sentinels are asked for their master by its name');
  }
  if (isAgora) {
    const why = 'voice goes through Agora (RTC_PROVIDER=p2p or none for another way, or none)';
    need('AGORA_APP_ID', why);
    need('AGORA_APP_CERTIFICATE', why);
  }
  return problems;
}

/** Settings that are right one by one and wrong together. */
function contradictions(given: Readonly<Record<string, string | undefined>>): string[] {
  const problems: string[] = [];
  const [first, ...others] = keySources.filter((name) => given[name] !== undefined);
  for (const name of others) problems.push(`${name}: contradicts ${first}; tokens are verified by one of them only`);
  if (given.REDIS_CLUSTER !== undefined && given.REDIS_SENTINELS !== undefined) {
    problems.push('REDIS_CLUSTER: contradicts REDIS_SENTINELS; rooms are kept in one place only');
  }
  const toSentinels = ['REDIS_SENTINEL_NAME', 'REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD'];
  for (const name of toSentinels) {
    if (given[name] === undefined || given.REDIS_SENTINELS !== undefined) continue;
    problems.push(`${name}: there are no REDIS_SENTINELS to tell it`);
  }
  if (given.REDIS_SENTINEL_USERNAME !== undefined && given.REDIS_SENTINEL_PASSWORD === undefined) {
    problems.push('REDIS_SENTINEL_PASSWORD: is missing; a user is known by it');
  }
  const url = given.REDIS_URL ?? '';
  if (given.REDIS_CLUSTER !== undefined && URL.canParse(url) && databaseOf(url) !== 0) {
    problems.push('REDIS_URL: names a database, and a Cluster (REDIS_CLUSTER) has only the first');
  }
  const { PORT: port = '3000', OPS_PORT: opsPort = '3001' } = given;
  if (port !== '0' && Number(port) === Number(opsPort)) problems.push('OPS_PORT: must differ from PORT');
  return problems;
}

const hasAgora = (given: Readonly<Record<string, string | undefined>>): boolean =>
  given.AGORA_APP_ID !== undefined || given.AGORA_APP_CERTIFICATE !== undefined;

function toConfig(settings: Settings): Config {
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
    jwt: {
      key: keyOf(settings),
      issuer: settings.JWT_ISSUER ?? null,
      audience: settings.JWT_AUDIENCE ?? null,
    },
    rtc: rtcOf(settings),
  };
}

function redisOf(settings: Settings): Config['redis'] {
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

/** Without a word about it voice goes through Agora if that is configured, else from browser to browser. */
function rtcOf(settings: Settings): Config['rtc'] {
  const { AGORA_APP_ID: appId, AGORA_APP_CERTIFICATE: appCertificate, RTC_PROVIDER: wanted } = settings;
  if (wanted === 'none') return { provider: 'none' };
  const isAgora = appId !== undefined && appCertificate !== undefined && wanted !== 'p2p';
  if (isAgora) return { provider: 'agora', appId, appCertificate };
  return { provider: 'p2p', iceServers: settings.ICE_SERVERS, turnSecret: settings.TURN_SECRET ?? null };
}

function keyOf({ JWT_SECRET: secret, JWT_PUBLIC_KEY: pem, JWKS_URL: url }: Settings): JwtKey | null {
  if (secret !== undefined) return { kind: 'secret', secret };
  if (pem !== undefined) return { kind: 'publicKey', pem };
  if (url !== undefined) return { kind: 'jwks', url };
  return null;
}
