// One event at a time, with pauses between: nothing can be batched, so one write to each member counts.
import { steady } from '../load/schedule.ts';
import { broadcast, OBSERVERS } from './broadcast.ts';
import type { Measured, Scenario } from './scenario.ts';
import { assemble, onStage } from './stage.ts';

export const isolated: Scenario = {
  name: 'isolated',
  title: 'one event at a time',
  subjects: ['maiwei', 'stock', 'floor'],
  size: { members: 1_000, rate: 4, seconds: 5 },
  measure: ({ subject, size: { members, rate, seconds } }) =>
    onStage({ subject }, async (stage): Promise<Measured> => {
      const assembled = await assemble(stage, { subject, members, observers: OBSERVERS });
      const { cost: _, ...measured } = await broadcast(stage, assembled, { schedule: steady(rate, seconds), seconds });
      return measured;
    }),
};
