// The scenarios, in the order in which they are run and shown.
import { fanout } from './fanout.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [fanout];
