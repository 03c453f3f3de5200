// The configuration: defaults in development, what production needs, and all problems named at once.
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../src/config.ts';

const HEX = '0123456789abcdef0123456789abcdef';
const SECRET = 'x'.repeat(32);

/** The problems with that environment; empty when there are none. */
function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const names = (problems: readonly string[]) => problems.map((problem) => problem.split(':')[0]).sort();

test('[CONF-1] without any setting: development on loopback, memory, voice between browsers', () => {
  expect(loadConfig({})).toEqual({
    isProduction: false,
    host: '127.0.0.1',
    port: 3000,
    opsPort: 3001,
    trustProxy: false,
    polling: false,
    allowedOrigins: null,
    logLevel: 'info',
    redis: null,
    limits: { commandsPerSecond: 20, chatPerSecond: 1, roomChatPerSecond: 100, handshakesPerSecond: 500 },
    drainMs: 10_000,
    jwt: { key: null, issuer: null, audience: null },
    rtc: { provider: 'p2p', iceServers: [], turnSecret: null },
  });
});

test('[CONF-2] production names all missing settings at once', () => {
  expect(names(problemsOf({ NODE_ENV: 'production' }))).toEqual([
    'AGORA_APP_CERTIFICATE',
    'AGORA_APP_ID',
    'JWT_SECRET',
    'REDIS_URL',
  ]);
});

test('[CONF-2] production with all settings, and with each explicit exception', () => {
  const complete = {
    NODE_ENV: 'production',
    JWT_SECRET: SECRET,
    REDIS_URL: 'redis://r:6379',
    AGORA_APP_ID: HEX,
    AGORA_APP_CERTIFICATE: HEX,
  };
  expect(loadConfig(complete)).toMatchObject({
    isProduction: true,
    host: '0.0.0.0',
    redis: { topology: { kind: 'standalone', url: 'redis://r:6379' }, prefix: 'mw' },
    rtc: { provider: 'agora', appId: HEX, appCertificate: HEX },
  });
  expect(
    problemsOf({ NODE_ENV: 'production', JWT_SECRET: SECRET, ALLOW_MEMORY_STORE: '1', RTC_PROVIDER: 'none' }),
  ).toEqual([]);
});

test('[CONF-3] wrong and missing settings are named together; secrets are never repeated', () => {
  const problems = problemsOf({
    NODE_ENV: 'production',
    PORT: 'eighty',
    REDIS_URL: 'http://r',
    JWT_SECRET: 'short-secret',
    AGORA_APP_ID: 'not-hex',
    LOG_LEVEL: 'loud',
    POLLING: 'yes',
  });
  expect(names(problems)).toEqual([
    'AGORA_APP_CERTIFICATE',
    'AGORA_APP_ID',
    'JWT_SECRET',
    'LOG_LEVEL',
    'POLLING',
    'PORT',
    'REDIS_URL',
  ]);
  expect(problems.join('\n')).not.toMatch(/short-secret|not-hex/);
});

test('[CONF-6] Redis is one server, a master behind Sentinels, or a Cluster; each is enough for production', () => {
  const production = { NODE_ENV: 'production', JWT_SECRET: SECRET, RTC_PROVIDER: 'none' };
  const sentinels = { REDIS_SENTINELS: 's1:26379, [2001:db8::1]:26380', REDIS_SENTINEL_NAME: 'rooms' };
  expect(loadConfig({ ...production, ...sentinels, REDIS_URL: 'redis://u:p@any/2' }).redis?.topology).toEqual({
    kind: 'sentinel',
    sentinels: [
      { host: 's1', port: 26379 },
      { host: '2001:db8::1', port: 26380 },
    ],
    name: 'rooms',
    url: 'redis://u:p@any/2',
    sentinelAccess: {},
  });
  const known = { ...sentinels, REDIS_SENTINEL_USERNAME: 'maiwei', REDIS_SENTINEL_PASSWORD: 's3' };
  expect(loadConfig({ ...production, ...known }).redis?.topology).toMatchObject({
    sentinelAccess: { username: 'maiwei', password: 's3' },
  });
  expect(loadConfig({ ...production, REDIS_CLUSTER: 'c1:7000,c2:7001' }).redis?.topology).toEqual({
    kind: 'cluster',
    nodes: [
      { host: 'c1', port: 7000 },
      { host: 'c2', port: 7001 },
    ],
    url: null,
  });
  expect(names(problemsOf({ ...sentinels, REDIS_CLUSTER: 'c1:7000' }))).toEqual(['REDIS_CLUSTER']);
  expect(names(problemsOf({ REDIS_SENTINELS: 's1:1' }))).toEqual(['REDIS_SENTINEL_NAME']);
  expect(names(problemsOf({ REDIS_SENTINEL_NAME: 'rooms' }))).toEqual(['REDIS_SENTINEL_NAME']);
  expect(names(problemsOf({ REDIS_SENTINEL_PASSWORD: 's3' }))).toEqual(['REDIS_SENTINEL_PASSWORD']);
  expect(names(problemsOf({ ...sentinels, REDIS_SENTINEL_USERNAME: 'u' }))).toEqual(['REDIS_SENTINEL_PASSWORD']);
  expect(names(problemsOf({ REDIS_CLUSTER: 'c1:7000', REDIS_URL: 'redis://c/3' }))).toEqual(['REDIS_URL']);
  for (const wrong of ['c1', 'c1:70000', 'c1:1,', 'redis://c1:1', 'a b:1']) {
    expect(names(problemsOf({ REDIS_CLUSTER: wrong }))).toEqual(['REDIS_CLUSTER']);
  }
});

test('[CONF-3] an empty value counts as not set', () => {
  expect(loadConfig({ REDIS_URL: '', JWT_SECRET: '', PORT: '' })).toMatchObject({ redis: null, port: 3000 });
});

test('[CONF-4] an incomplete Agora configuration is refused', () => {
  expect(names(problemsOf({ AGORA_APP_ID: HEX }))).toEqual(['AGORA_APP_CERTIFICATE']);
  expect(names(problemsOf({ RTC_PROVIDER: 'agora' }))).toEqual(['AGORA_APP_CERTIFICATE', 'AGORA_APP_ID']);
  expect(loadConfig({ AGORA_APP_ID: HEX, AGORA_APP_CERTIFICATE: HEX }).rtc.provider).toBe('agora');
  expect(loadConfig({ AGORA_APP_ID: HEX, AGORA_APP_CERTIFICATE: HEX, RTC_PROVIDER: 'none' }).rtc.provider).toBe('none');
});

test('[RTC-5] p2p takes ICE servers; TURN servers also need the secret for their credentials', () => {
  const urls = 'stun:a.example:3478, turn:b.example:3478?transport=udp,turns:[2001:db8::1]:5349';
  expect(loadConfig({ ICE_SERVERS: urls, TURN_SECRET: 'north' }).rtc).toEqual({
    provider: 'p2p',
    iceServers: ['stun:a.example:3478', 'turn:b.example:3478?transport=udp', 'turns:[2001:db8::1]:5349'],
    turnSecret: 'north',
  });
  expect(names(problemsOf({ ICE_SERVERS: urls }))).toEqual(['TURN_SECRET']);
  for (const wrong of ['https://a.example', 'stun:', 'stun:a,', 'turn:b?transport=sctp', 'stun:a b']) {
    expect(names(problemsOf({ ICE_SERVERS: wrong, TURN_SECRET: 'north' }))).toEqual(['ICE_SERVERS']);
  }
  const agora = { AGORA_APP_ID: HEX, AGORA_APP_CERTIFICATE: HEX };
  expect(loadConfig({ ...agora, RTC_PROVIDER: 'p2p' }).rtc.provider).toBe('p2p');
  const production = { NODE_ENV: 'production', JWT_SECRET: SECRET, ALLOW_MEMORY_STORE: '1', RTC_PROVIDER: 'p2p' };
  expect(loadConfig(production).rtc.provider).toBe('p2p');
});

const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string;

test.each([
  ['JWT_SECRET', SECRET, { kind: 'secret', secret: SECRET }],
  ['JWT_PUBLIC_KEY', publicKey, { kind: 'publicKey', pem: publicKey }],
  ['JWKS_URL', 'https://id.example/jwks', { kind: 'jwks', url: 'https://id.example/jwks' }],
])('[CONF-2][CONN-2] %s alone is enough to verify tokens', (name, value, key) => {
  const environment = { NODE_ENV: 'production', ALLOW_MEMORY_STORE: '1', RTC_PROVIDER: 'none', [name]: value };
  expect(loadConfig(environment).jwt.key).toEqual(key);
});

test('[CONF-6] contradictions are problems: two keys, or one port for two listeners', () => {
  const problems = problemsOf({ JWT_SECRET: SECRET, JWT_PUBLIC_KEY: publicKey, JWKS_URL: 'https://id.example/jwks' });
  expect(names(problems)).toEqual(['JWKS_URL', 'JWT_PUBLIC_KEY']);
  expect(names(problemsOf({ PORT: '3001' }))).toEqual(['OPS_PORT']);
  expect(names(problemsOf({ PORT: '4000', OPS_PORT: '4000' }))).toEqual(['OPS_PORT']);
  expect(problemsOf({ PORT: '0', OPS_PORT: '0' })).toEqual([]);
});

test('[CONF-3] invalid keys and limits are named, and the key is not repeated', () => {
  const problems = problemsOf({
    JWT_PUBLIC_KEY: 'not-a-key',
    LIMIT_COMMANDS_PER_SECOND: '0',
    LIMIT_CHAT_PER_SECOND: 'many',
    LIMIT_HANDSHAKES_PER_SECOND: '-1',
    DRAIN_MS: '1.5',
  });
  expect(names(problems)).toEqual([
    'DRAIN_MS',
    'JWT_PUBLIC_KEY',
    'LIMIT_CHAT_PER_SECOND',
    'LIMIT_COMMANDS_PER_SECOND',
    'LIMIT_HANDSHAKES_PER_SECOND',
  ]);
  expect(problems.join('\n')).not.toContain('not-a-key');
});

test.each(['AGORA_CUSTOMER_KEY', 'AGORA_CUSTOMER_SECRET', 'AGORA_WEBHOOK_SECRET'])(
  '[CONF-5] %s is refused, not ignored, until it is supported',
  (name) => {
    expect(names(problemsOf({ [name]: 'something' }))).toEqual([name]);
  },
);
