// Redis engines on a redis-server of the test's own.
import { createRedisEngines, type Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { systemRandom } from '../../src/ops/random.ts';

const ambient = { clock: systemClock, logger: createLogger('silent'), random: systemRandom };

export const redisEngines = (url: string, prefix = 'mw'): Promise<Engines> =>
  createRedisEngines({ url, prefix }, ambient);
