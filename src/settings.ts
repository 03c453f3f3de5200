// The settings by name: what fits each, its default, its meaning. Must not read the environment (config.ts does).
import { z } from 'zod';
import { parsePublicKey } from './auth/jwt-key.ts';
import { logLevels } from './ops/logger.ts';
import { type Address, parseAddress } from './redis/topology.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['0', '1']).transform((value) => value === '1');
const origins = z.string().transform((text) => text.split(',').map((origin) => origin.trim()));
const hex32 = z.string().regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hexadecimal characters');

/** Host names, IPv4 and bracketed IPv6 addresses; a transport is named for TURN only (RFC 7064, 7065). */
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
/** So many in a second; a fraction of one is a rate, too. */
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
/** Whoever takes longer to go is killed by what runs him. */
const DRAIN_MAX_MS = 60 * 60_000;

/** Every setting by its name in the environment: what fits, its default, and what it means in the table of README. */
export const settingsSchema = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'])
    .default('development')
    .describe('`production` refuses to start without secrets and without Redis'),
  PORT: port.default(3000).describe('sockets, HTTP and the page'),
  OPS_PORT: port.default(3001).describe('`/metrics`; `/livez` and `/readyz`, which are on `PORT`, too'),
  HOST: z.string().optional().describe('the address to listen on; default: loopback, in production all addresses'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe(
      'without any of the three: rooms live in this process and end with it; beside the two below only its user, password, database and TLS (`rediss:`) count',
    ),
  REDIS_SENTINELS: addresses.optional().describe('or the Sentinels that know the master, `host:port`, comma-separated'),
  REDIS_SENTINEL_NAME: z.string().optional().describe('the name by which they know it'),
  REDIS_SENTINEL_USERNAME: z.string().optional().describe('who we are to the Sentinels, where they have users'),
  REDIS_SENTINEL_PASSWORD: z.string().optional().describe('their own password, which need not be that of the servers'),
  REDIS_CLUSTER: addresses.optional().describe('or some nodes of a Redis Cluster, `host:port`, comma-separated'),
  REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,20}$/)
    .default('mw')
    .describe('begins all keys and channels; servers of one prefix are one cluster'),
  ALLOW_MEMORY_STORE: flag.default(false).describe('`1`: production may run without Redis'),
  ALLOWED_ORIGINS: origins
    .optional()
    .describe('origins from which browsers may connect, comma-separated; any when not set'),
  TRUST_PROXY: flag.default(false).describe("`1`: take the client's address from the proxy"),
  POLLING: flag.default(false).describe('`1`: HTTP long-polling, too'),
  JWT_SECRET: z
    .string()
    .min(SECRET_CHARS_MIN, `must have at least ${SECRET_CHARS_MIN} characters`)
    .optional()
    .describe("verifies your backend's tokens (HS256, at least 32 characters); development: made at start"),
  JWT_PUBLIC_KEY: publicKey.optional().describe('instead of it: a public key (PEM; RS256, ES256, EdDSA)'),
  JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('or where your key server lists its keys'),
  JWT_ISSUER: z.string().optional().describe('checked when set'),
  JWT_AUDIENCE: z.string().optional().describe('checked when set'),
  RTC_PROVIDER: z
    .enum(['agora', 'p2p', 'none'])
    .optional()
    .describe('who carries the voice: `agora` (default in production, or when configured), `p2p` (otherwise), `none`'),
  ICE_SERVERS: iceServers
    .default([])
    .describe('with `p2p`, the `stun:`, `turn:`, `turns:` addresses for browser voice, comma-separated'),
  TURN_SECRET: z
    .string()
    .optional()
    .describe("the TURN servers' shared secret, if there are any (coturn: `static-auth-secret`)"),
  AGORA_APP_ID: hex32.optional().describe("from Agora's console"),
  AGORA_APP_CERTIFICATE: hex32.optional().describe("from Agora's console; switch on *co-host authentication* there"),
  LOG_LEVEL: z.enum(logLevels).default('info').describe('`fatal` … `trace`, `silent`'),
  LIMIT_COMMANDS_PER_SECOND: rate.default(20).describe('per connection; bursts scale with it'),
  LIMIT_CHAT_PER_SECOND: rate.default(1).describe('per user; bursts scale with it'),
  LIMIT_ROOM_CHAT_PER_SECOND: rate
    .default(100)
    .describe('how many messages a room of more than 5,000 members shows; the rest is accepted and not shown'),
  LIMIT_HANDSHAKES_PER_SECOND: rate.default(500).describe('per node; the rest gets 503 and comes back'),
  DRAIN_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(DRAIN_MAX_MS)
    .default(10_000)
    .describe('how long a stopping node takes to send its clients on; give it more time than that before killing it'),
});

export type Settings = z.output<typeof settingsSchema>;

export interface SettingRow {
  readonly name: string;
  /** As it would be written into the environment; empty when there is none. */
  readonly byDefault: string;
  readonly meaning: string;
}

/** The settings as a table, for those who read about them. */
export const settingRows = (): SettingRow[] =>
  Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const inner = schema instanceof z.ZodDefault ? (schema.def.defaultValue as unknown) : undefined;
    return { name, byDefault: written(inner), meaning: schema.description ?? '' };
  });

function written(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return typeof value === 'boolean' ? String(Number(value)) : String(value);
}
