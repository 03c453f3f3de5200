// A whole server in the test's own process, on free ports; parts can be exchanged as app.ts allows.
import { type App, type AppOverrides, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import type { LoopDelay } from '../../src/ops/loop-delay.ts';

export const TEST_SECRET = 'a-secret-of-the-test-suite-32-characters';

/** Tests ask faster than people do, and do not wait for farewells; those who are about limits set their own. */
const unhurried = { LIMIT_COMMANDS_PER_SECOND: '100000', LIMIT_CHAT_PER_SECOND: '100000', DRAIN_MS: '0' };

/** The test's own process may stall as it likes; what a late node does has tests of its own. */
export const inTime: LoopDelay = { isLate: false };

export interface TestApp extends App {
  readonly url: string;
  readonly opsUrl: string;
}

export async function startTestApp(
  environment: Readonly<Record<string, string>> = {},
  surroundings: AppOverrides = {},
): Promise<TestApp> {
  const fixed = { PORT: '0', OPS_PORT: '0', LOG_LEVEL: 'silent', JWT_SECRET: TEST_SECRET, ...unhurried };
  const app = await startApp(loadConfig({ ...fixed, ...environment }), { loopDelay: inTime, ...surroundings });
  return { ...app, url: `http://127.0.0.1:${app.port}`, opsUrl: `http://127.0.0.1:${app.opsPort}` };
}
