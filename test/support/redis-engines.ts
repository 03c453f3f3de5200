// Redis engines on redis-servers of the test's own.
import { createRedisEngines, type Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { systemRandom } from '../../src/ops/random.ts';
import type { RedisTopology } from '../../src/redis/topology.ts';

const ambient = { clock: systemClock, logger: createLogger('silent'), random: systemRandom };

/** Engines on the server at that URL, or in that topology. */
export const redisEngines = (place: string | RedisTopology, prefix = 'mw'): Promise<Engines> =>
  createRedisEngines(
    { topology: typeof place === 'string' ? { kind: 'standalone', url: place } : place, prefix },
    ambient,
  );
