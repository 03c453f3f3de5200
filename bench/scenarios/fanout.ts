// Chat in one hot room, evenly: the main purpose of the server.
import { steady } from '../load/schedule.ts';
import { broadcast, OBSERVERS } from './broadcast.ts';
import type { Measured, Scenario } from './scenario.ts';
import { assemble, onStage } from './stage.ts';

/** Stock compression deflates for each member again: at the full rate a core would be busy for minutes. */
const SLOWER = 10;

export const fanout: Scenario = {
  name: 'fanout',
  title: 'chat in one hot room',
  subjects: ['maiwei', 'maiwei-deflate', 'stock', 'stock-deflate', 'floor'],
  size: { members: 1_000, rate: 100, seconds: 3 },
  measure: ({ subject, size: { members, rate, seconds } }) =>
    onStage({ subject }, async (stage): Promise<Measured> => {
      const assembled = await assemble(stage, { subject, members, observers: OBSERVERS });
      const isSlowed = subject === 'stock-deflate';
      const { cost: _, ...measured } = await broadcast(stage, assembled, {
        schedule: steady(isSlowed ? rate / SLOWER : rate, seconds),
        seconds,
        ...(isSlowed ? { warmUpRate: rate / SLOWER } : {}),
      });
      return isSlowed ? { ...measured, note: `at 1/${SLOWER} of the rate` } : measured;
    }),
};
