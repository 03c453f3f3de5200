// The settings by name: the valid values of each, its default and its meaning. config.ts reads them.
import { z } from 'zod';
import { parsePublicKey } from './auth/jwt-key.ts';
import { logLevels } from './ops/logger.ts';
import { type Address, parseAddress } from './redis/topology.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['0', '1']).transform((value) => value === '1');
const origins = z.string().transform((text) => text.split(',').map((origin) => origin.trim()));
const hex32 = z.string().regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hexadecimal characters');

/** Host names, IPv4 and bracketed IPv6 addresses; only TURN addresses may name a transport (RFC 7064, 7065). */
const iceUrl = /^(?:stuns?:[^\s,?/]+|turns?:[^\s,?/]+(?:\?transport=(?:udp|tcp))?)$/;
const iceServers = z
  .string()
  .transform((text) => text.split(',').map((url) => url.trim()))
  .refine(
    (urls) => urls.every((url) => iceUrl.test(url)),
    'must be stun:, turn: or turns: addresses for browser voice, comma-separated',
  );
const addresses = z
  .string()
  .transform((text) => text.split(',').map(parseAddress))
  .refine((list): list is Address[] => !list.includes(null), 'must be host:port, comma-separated');
/** A rate per second; it may be a fraction. */
const rate = z.coerce.number().positive().max(1_000_000);
const publicKey = z.string().superRefine((pem, context) => {
  try {
    parsePublicKey(pem);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

/** A shorter secret can be guessed offline from any token. */
const SECRET_CHARS_MIN = 32;
/** A process that takes longer to stop is usually killed. */
const DRAIN_MAX_MS = 60 * 60_000;

/**
 * Every setting by its name in the environment. The descriptions are the last column of the table in docs/reference.md.
 */
export const serverSettingsSchema = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'])
    .default('development')
    .describe('`production` refuses to start without secrets and without Redis'),
  PORT: port.default(3000).describe('sockets, HTTP and the console'),
  OPS_PORT: port.default(3001).describe('`/metrics`, `/livez` and `/readyz`; the last two are also on `PORT`'),
  HOST: z.string().optional().describe('the address to listen on; default: loopback, in production all addresses'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe(
      'the Redis server. Without it and the two below, rooms end with this process. With one of them, only its user, password, database and TLS (`rediss:`) count',
    ),
  REDIS_SENTINELS: addresses.optional().describe('or the Sentinels that know the master, `host:port`, comma-separated'),
  REDIS_SENTINEL_NAME: z.string().optional().describe('the name of the master for the Sentinels'),
  REDIS_SENTINEL_USERNAME: z.string().optional().describe('the user of the Sentinels, if they have users'),
  REDIS_SENTINEL_PASSWORD: z
    .string()
    .optional()
    .describe('the password of the Sentinels; it may differ from that of the servers'),
  REDIS_CLUSTER: addresses.optional().describe('or some nodes of a Redis Cluster, `host:port`, comma-separated'),
  REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,20}$/)
    .default('mw')
    .describe('the beginning of all keys and channels; nodes with the same prefix form one cluster'),
  ALLOW_MEMORY_STORE: flag.default(false).describe('`1`: production may run without Redis'),
  ALLOWED_ORIGINS: origins
    .optional()
    .describe('origins from which browsers may connect, comma-separated; any origin when not set'),
  TRUST_PROXY: flag.default(false).describe("`1`: the client's address is taken from the proxy"),
  POLLING: flag.default(false).describe('`1`: also HTTP long-polling'),
  JWT_SECRET: z
    .string()
    .min(SECRET_CHARS_MIN, `must have at least ${SECRET_CHARS_MIN} characters`)
    .optional()
    .describe("verifies your backend's tokens (HS256, at least 32 characters); in development a random one by default"),
  JWT_PUBLIC_KEY: publicKey.optional().describe('or a public key (PEM; RS256, ES256, EdDSA)'),
  JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('or the address where your key server lists its keys'),
  JWT_ISSUER: z.string().optional().describe('checked when set'),
  JWT_AUDIENCE: z.string().optional().describe('checked when set'),
  RTC_PROVIDER: z
    .enum(['agora', 'p2p', 'none'])
    .optional()
    .describe('what carries the voice: `agora` (default in production, or when configured), `p2p` (otherwise), `none`'),
  ICE_SERVERS: iceServers
    .default([])
    .describe('for `p2p`: the `stun:`, `turn:`, `turns:` addresses for voice between browsers, comma-separated'),
  TURN_SECRET: z
    .string()
    .optional()
    .describe('the shared secret of the TURN servers, if there are any (coturn: `static-auth-secret`)'),
  AGORA_APP_ID: hex32.optional().describe("from Agora's console"),
  AGORA_APP_CERTIFICATE: hex32.optional().describe("from Agora's console; switch on *co-host authentication* there"),
  LOG_LEVEL: z.enum(logLevels).default('info').describe('`fatal` … `trace`, `silent`'),
  LIMIT_COMMANDS_PER_SECOND: rate.default(20).describe('per connection; bursts scale with it'),
  LIMIT_CHAT_PER_SECOND: rate.default(1).describe('per user; bursts scale with it'),
  LIMIT_ROOM_CHAT_PER_SECOND: rate
    .default(100)
    .describe('how many messages a room of more than 5,000 members shows; the rest is accepted and not shown'),
  LIMIT_HANDSHAKES_PER_SECOND: rate.default(500).describe('per node; the rest gets 503 and tries again'),
  DRAIN_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(DRAIN_MAX_MS)
    .default(10_000)
    .describe('how long a stopping node takes to send its clients to other nodes; kill it only some time later'),
});

export type ServerSettings = z.output<typeof serverSettingsSchema>;

export interface SettingRow {
  readonly name: string;
  /** As it would be written in the environment; empty when there is none. */
  readonly byDefault: string;
  readonly meaning: string;
}

/** The settings as rows of that table. */
export const settingRows = (): SettingRow[] =>
  Object.entries(serverSettingsSchema.shape).map(([name, schema]) => {
    const byDefault = schema instanceof z.ZodDefault ? (schema.def.defaultValue as unknown) : undefined;
    return { name, byDefault: asText(byDefault), meaning: schema.description ?? '' };
  });

function asText(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return typeof value === 'boolean' ? String(Number(value)) : String(value);
}
