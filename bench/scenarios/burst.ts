// Twenty events at once, then a pause: how well simultaneous events leave together. `rate` is bursts a second.
import { bursts } from '../load/schedule.ts';
import { broadcast, OBSERVERS } from './broadcast.ts';
import type { Measured, Scenario } from './scenario.ts';
import { assemble, onStage } from './stage.ts';

const BURST_EVENTS = 20;

export const burst: Scenario = {
  name: 'burst',
  title: `${BURST_EVENTS} events at once, then a pause`,
  subjects: ['maiwei', 'maiwei-deflate', 'stock', 'floor'],
  size: { members: 1_000, rate: 2, seconds: 4 },
  measure: ({ subject, size: { members, rate, seconds } }) =>
    onStage({ subject }, async (stage): Promise<Measured> => {
      const assembled = await assemble(stage, { subject, members, observers: OBSERVERS });
      const schedule = bursts(BURST_EVENTS, { everyMs: 1_000 / rate, seconds });
      const { cost: _, ...measured } = await broadcast(stage, assembled, { schedule, seconds });
      return measured;
    }),
};
