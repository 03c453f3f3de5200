// A very large room on one node, with real connections: more than one node should serve, to see the cost. The cap on
// chat is the default (MSG-7), and the rate is below what it shows of four senders' messages.

import { steady } from '../load/schedule.ts';
import type { ServerUnderTest } from '../process/server-under-test.ts';
import { broadcast, OBSERVERS } from './broadcast.ts';
import type { Measured, Scenario } from './scenario.ts';
import { admit, assemble, onStage } from './stage.ts';

/** The number of members before memory is measured, as in idle. */
const EARLY_SHARE = 1 / 3;

export const large: Scenario = {
  name: 'large',
  title: 'chat in a very large room',
  subjects: ['maiwei'],
  size: { members: 10_000, rate: 20, seconds: 5 },
  measure: ({ subject, size: { members, rate, seconds } }) =>
    onStage({ subject }, async (stage): Promise<Measured> => {
      const early = Math.max(OBSERVERS, Math.floor(members * EARLY_SHARE));
      const late = members - early;
      const assembled = await assemble(stage, { subject, members: early, observers: OBSERVERS });
      const [server] = stage.servers as [ServerUnderTest];
      const before = await server.usage('collected');
      await admit(stage, { subject, count: late, prefix: 'late-' });
      const after = await server.usage('collected');
      const allMembers = { ...assembled, crowdSize: assembled.crowdSize + late };
      const { cost: _, ...measured } = await broadcast(stage, allMembers, {
        schedule: steady(rate, seconds),
        seconds,
        warmUpRate: rate,
      });
      const numbers = {
        ...measured.numbers,
        rssKiBPerMember: (after.rssBytes - before.rssBytes) / 1_024 / late,
        heldKiBPerMember: (after.heldBytes - before.heldBytes) / 1_024 / late,
      };
      return { ...measured, numbers };
    }),
};
