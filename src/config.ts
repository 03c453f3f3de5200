// The settings of one server process: the only reader of the environment. Every missing or wrong one is named at once.
import { z } from 'zod';
import { logLevels } from './ops/logger.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['0', '1']).transform((value) => value === '1');
const origins = z.string().transform((text) => text.split(',').map((origin) => origin.trim()));
const hex32 = z.string().regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hexadecimal characters');

/** Host names, IPv4 and bracketed IPv6 addresses; a transport is named for TURN only (RFC 7064, 7065). */
const iceUrl = /^(?:stuns?:[^\s,?/]+|turns?:[^\s,?/]+(?:\?transport=(?:udp|tcp))?)$/;
const iceServers = z
  .string()
  .transform((text) => text.split(',').map((url) => url.trim()))
  .refine((urls) => urls.every((url) => iceUrl.test(url)), 'must be stun:, turn: or turns: addresses, comma-separated');

/** A shorter secret can be guessed offline from any token. */
const SECRET_CHARS_MIN = 32;

const schema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  PORT: port.default(3000),
  OPS_PORT: port.default(3001),
  HOST: z.string().optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,20}$/)
    .default('mw'),
  ALLOW_MEMORY_STORE: flag.default(false),
  ALLOWED_ORIGINS: origins.optional(),
  TRUST_PROXY: flag.default(false),
  POLLING: flag.default(false),
  JWT_SECRET: z.string().min(SECRET_CHARS_MIN, `must have at least ${SECRET_CHARS_MIN} characters`).optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  RTC_PROVIDER: z.enum(['agora', 'p2p', 'none']).optional(),
  ICE_SERVERS: iceServers.default([]),
  TURN_SECRET: z.string().optional(),
  AGORA_APP_ID: hex32.optional(),
  AGORA_APP_CERTIFICATE: hex32.optional(),
  LOG_LEVEL: z.enum(logLevels).default('info'),
});

type Settings = z.infer<typeof schema>;

/** Known settings whose time has not come: better refused than passed over in silence. */
const notYet = ['REDIS_SENTINELS', 'REDIS_SENTINEL_NAME', 'REDIS_CLUSTER', 'JWT_PUBLIC_KEY', 'JWKS_URL'] as const;

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
  readonly redis: { readonly url: string; readonly prefix: string } | null;
  /** `secret` null: development, where one is made at start. */
  readonly jwt: { readonly secret: string | null; readonly issuer: string | null; readonly audience: string | null };
  readonly rtc:
    | { readonly provider: 'none' }
    | { readonly provider: 'p2p'; readonly iceServers: readonly string[]; readonly turnSecret: string | null }
    | { readonly provider: 'agora'; readonly appId: string; readonly appCertificate: string };
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
  const parsed = schema.safeParse(given);
  const wrong = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const tooEarly = notYet.filter((name) => given[name] !== undefined).map((name) => `${name}: is not supported yet`);
  const problems = [...wrong, ...tooEarly, ...missing(given)];
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
    need('JWT_SECRET', 'production verifies the tokens of your backend with it');
    if (given.ALLOW_MEMORY_STORE !== '1') {
      need('REDIS_URL', 'rooms of one process end with it (ALLOW_MEMORY_STORE=1 if that is what you want)');
    }
  }
  if (/\bturns?:/.test(given.ICE_SERVERS ?? '')) {
    need('TURN_SECRET', 'browsers refuse turn: addresses without a credential, and it is made with this');
  }
  if (isAgora) {
    const why = 'voice goes through Agora (RTC_PROVIDER=p2p or none for another way, or none)';
    need('AGORA_APP_ID', why);
    need('AGORA_APP_CERTIFICATE', why);
  }
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
    redis: settings.REDIS_URL === undefined ? null : { url: settings.REDIS_URL, prefix: settings.REDIS_PREFIX },
    jwt: {
      secret: settings.JWT_SECRET ?? null,
      issuer: settings.JWT_ISSUER ?? null,
      audience: settings.JWT_AUDIENCE ?? null,
    },
    rtc: rtcOf(settings),
  };
}

/** Without a word about it voice goes through Agora if that is configured, else from browser to browser. */
function rtcOf(settings: Settings): Config['rtc'] {
  const { AGORA_APP_ID: appId, AGORA_APP_CERTIFICATE: appCertificate, RTC_PROVIDER: wanted } = settings;
  if (wanted === 'none') return { provider: 'none' };
  const isAgora = appId !== undefined && appCertificate !== undefined && wanted !== 'p2p';
  if (isAgora) return { provider: 'agora', appId, appCertificate };
  return { provider: 'p2p', iceServers: settings.ICE_SERVERS, turnSecret: settings.TURN_SECRET ?? null };
}
