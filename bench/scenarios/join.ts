// A storm: thousands connect, authenticate, enter one room and get its snapshot and a grant. The baseline only
// connects.
import { pauseMs } from '../monotonic.ts';
import { saturation, watch } from './broadcast.ts';
import type { Measured, Scenario } from './scenario.ts';
import { admit, assemble, onStage } from './stage.ts';

/** The number of members that come and go before the measurement. */
const WARM_UP_MEMBERS = 300;
/** The wait until they are gone, for each second of the measurement. */
const SETTLE_MS = 1_000;

export const join: Scenario = {
  name: 'join',
  title: 'a storm of clients that come in',
  subjects: ['maiwei', 'maiwei-deflate', 'stock', 'stock-deflate'],
  size: { members: 5_000, rate: 1, seconds: 1 },
  measure: ({ subject, size: { members, seconds } }) =>
    onStage({ subject }, async (stage): Promise<Measured> => {
      const isBare = subject.startsWith('stock');
      const { observers } = await assemble(stage, { subject, members: 1, observers: 1 });
      await admit(stage, { subject, count: Math.min(WARM_UP_MEMBERS, members), prefix: 'early-', isBare });
      await stage.crowd.ask('disperse', null);
      await pauseMs(SETTLE_MS * seconds);
      const before = await stage.crowd.ask('count', null);
      const storm = await watch(stage, () => admit(stage, { subject, count: members, prefix: 'guest-', isBare }));
      const after = await stage.crowd.ask('count', null);
      const load = {
        serverLoad: Math.max(...storm.cpuUs) / 1_000 / storm.elapsedMs,
        crowdLoad: (after.cpuUs - before.cpuUs) / 1_000 / (after.atMs - before.atMs),
      };
      for (const observer of observers) observer.close();
      return {
        numbers: {
          cpuUsPerJoin: (storm.cpuUs[0] as number) / members,
          joinsPerSecond: (members / storm.elapsedMs) * 1_000,
          bytesPerJoin: after.bytes / members,
          ...load,
        },
        warnings: saturation({ crowdLoad: load.crowdLoad }),
        ...(isBare ? { note: 'connects only' } : {}),
      };
    }),
};
