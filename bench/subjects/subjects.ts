// The servers that are compared, and how each is started.
import { randomBytes } from 'node:crypto';
import { type ServerProgram, type ServerUnderTest, startServer } from '../process/server-under-test.ts';

export const subjectNames = ['maiwei', 'maiwei-deflate', 'stock', 'stock-deflate', 'floor'] as const;
export type SubjectName = (typeof subjectNames)[number];

export interface Subject {
  readonly name: SubjectName;
  /** Its clients ask for compression. */
  readonly deflate: boolean;
  start(redisUrl: string): Promise<ServerUnderTest>;
}

/** Signs the tokens of all users of this bench. */
export const secret = randomBytes(32).toString('hex');

/** Above anything that a scenario sends: the work is measured, not its refusal. */
const NO_LIMIT = '1000000';

const maiwei = (redisUrl: string): ServerProgram => ({
  script: 'dist/main.js',
  environment: {
    NODE_ENV: 'production',
    REDIS_URL: redisUrl,
    JWT_SECRET: secret,
    // Tokens for the voice channel are signed as in production; Agora itself is never called.
    RTC_PROVIDER: 'agora',
    AGORA_APP_ID: '0'.repeat(32),
    AGORA_APP_CERTIFICATE: '1'.repeat(32),
    LOG_LEVEL: 'warn',
    LIMIT_COMMANDS_PER_SECOND: NO_LIMIT,
    LIMIT_CHAT_PER_SECOND: NO_LIMIT,
    LIMIT_HANDSHAKES_PER_SECOND: NO_LIMIT,
  },
});
const stock = (redisUrl: string, more: Readonly<Record<string, string>> = {}): ServerProgram => ({
  script: 'bench/subjects/stock-server.mjs',
  environment: { NODE_ENV: 'production', REDIS_URL: redisUrl, ...more },
});

const programs: Readonly<Record<SubjectName, (redisUrl: string) => ServerProgram>> = {
  maiwei,
  'maiwei-deflate': maiwei,
  stock,
  'stock-deflate': (redisUrl) => stock(redisUrl, { DEFLATE: '1' }),
  floor: () => ({ script: 'bench/subjects/floor-server.mjs', environment: {} }),
};

export const subjectOf = (name: SubjectName): Subject => ({
  name,
  deflate: name.endsWith('-deflate'),
  start: (redisUrl) => startServer(programs[name](redisUrl)),
});
