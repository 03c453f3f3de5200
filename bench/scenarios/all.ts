// The scenarios, in the order in which they are run and shown.
import { burst } from './burst.ts';
import { cluster } from './cluster.ts';
import { commands } from './commands.ts';
import { crowd } from './crowd.ts';
import { fanout } from './fanout.ts';
import { http } from './http.ts';
import { idle } from './idle.ts';
import { isolated } from './isolated.ts';
import { join } from './join.ts';
import { large } from './large.ts';
import type { Scenario } from './scenario.ts';
import { stalled } from './stalled.ts';

export const scenarios: readonly Scenario[] = [
  fanout,
  isolated,
  burst,
  large,
  crowd,
  cluster,
  join,
  idle,
  commands,
  stalled,
  http,
];
