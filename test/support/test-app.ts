// A whole server in the process of the test, on free ports; a test can replace the parts that app.ts lets it replace.
import { type App, type AppOverrides, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import type { LoopDelay } from '../../src/ops/loop-delay.ts';

export const TEST_SECRET = 'a-secret-of-the-test-suite-32-characters';

/** Tests send commands faster than people and need no drain. Tests of limits set their own. */
const withoutLimits = { LIMIT_COMMANDS_PER_SECOND: '100000', LIMIT_CHAT_PER_SECOND: '100000', DRAIN_MS: '0' };

/** The event loop of the test may be late; a late node has tests of its own. */
export const inTime: LoopDelay = { isLate: false };

export interface TestApp extends App {
  readonly url: string;
  readonly opsUrl: string;
}

export async function startTestApp(
  environment: Readonly<Record<string, string>> = {},
  overrides: AppOverrides = {},
): Promise<TestApp> {
  const fixed = { PORT: '0', OPS_PORT: '0', LOG_LEVEL: 'silent', JWT_SECRET: TEST_SECRET, ...withoutLimits };
  const app = await startApp(loadConfig({ ...fixed, ...environment }), { loopDelay: inTime, ...overrides });
  return { ...app, url: `http://127.0.0.1:${app.port}`, opsUrl: `http://127.0.0.1:${app.opsPort}` };
}
