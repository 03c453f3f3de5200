// The surroundings of almost every part: time, chance and the log.
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { Random } from './random.ts';

export interface Ambient {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}
