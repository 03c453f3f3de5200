// Members that are connected and send nothing: the memory of each. The baseline's clients are only connected.
import { pauseMs } from '../monotonic.ts';
import type { ServerUnderTest } from '../process/server-under-test.ts';
import type { Measured, Scenario } from './scenario.ts';
import { admit, assemble, onStage } from './stage.ts';

/** The number of members before memory is measured: code, caches and pools have their size by then. */
const EARLY_SHARE = 1 / 3;
/** The wait until the remains of connecting are released, for each second of the measurement. */
const SETTLE_MS = 2_000;

export const idle: Scenario = {
  name: 'idle',
  title: 'members who only listen to silence',
  subjects: ['maiwei', 'maiwei-deflate', 'stock', 'stock-deflate'],
  size: { members: 4_500, rate: 1, seconds: 1 },
  measure: ({ subject, size: { members, seconds } }) =>
    onStage({ subject }, async (stage): Promise<Measured> => {
      const isBare = subject.startsWith('stock');
      await assemble(stage, { subject, members: 1, observers: 1 });
      const early = Math.max(1, Math.floor(members * EARLY_SHARE));
      const late = members - early;
      await admit(stage, { subject, count: early, prefix: 'early-', isBare });
      const [server] = stage.servers as [ServerUnderTest];
      await pauseMs(SETTLE_MS * seconds);
      const before = await server.usage('collected');
      await admit(stage, { subject, count: late, prefix: 'guest-', isBare });
      await pauseMs(SETTLE_MS * seconds);
      const after = await server.usage('collected');
      return {
        numbers: {
          rssKiBPerMember: (after.rssBytes - before.rssBytes) / 1_024 / late,
          heldKiBPerMember: (after.heldBytes - before.heldBytes) / 1_024 / late,
        },
        warnings: [],
        ...(isBare ? { note: 'connected only, in no room' } : {}),
      };
    }),
};
