// Row: one user floods with events, tiny frames and engine.io pongs, on all nodes at once.
import { monotonicMs } from '../../../bench/monotonic.ts';
import { flood, floods as pieces } from '../hostile/flooder.ts';
import { changeFigure, changeOf, othersFigures, othersIn } from '../hostile/others.ts';
import { play } from '../play.ts';
import type { Row } from './row.ts';

const PER_SECOND = 10_000;

export const floods: Row = {
  name: 'floods',
  fault: 'floods by one user: events, tiny frames, pongs, 10,000/s each',
  store: 'standalone',
  /** The default rate. */
  options: { environment: { LIMIT_COMMANDS_PER_SECOND: '20' } },
  figures: { ...othersFigures, change: changeFigure, ended: { title: 'connections ended', unit: '' } },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      beforeMs: options.size === 'small' ? 500 : 10_000,
      fault: async (scene, from) => {
        const forMs = options.size === 'small' ? 2_000 : 10_000;
        const flooded = await Promise.all(
          Object.entries(pieces).map(async ([name, piece], index) => {
            const { server } = cluster.node(index);
            return [
              name,
              await flood({ url: server.url, userId: 'flooder', piece, perSecond: PER_SECOND, forMs }),
            ] as const;
          }),
        );
        const until = monotonicMs();
        const untouched = flooded.filter(([, { ended }]) => ended === 0).map(([name]) => name);
        const events = flooded.find(([name]) => name === 'events')?.[1];
        return {
          holds: {
            'each flooding connection is ended': untouched,
            'floods of events get RATE_LIMITED, then OVERLOADED': ['RATE_LIMITED', 'OVERLOADED'].filter(
              (code) => !events?.codes.has(code),
            ),
          },
          figures: { ended: flooded.map(([, { ended }]) => ended) },
          notes: flooded.map(([name, { sent }]) => `${name}: ${sent} sent`),
          afterwards: () => {
            const others = othersIn(scene, { from, until, size: options.size });
            return { figures: { ...others, ...changeOf(others, options.size) } };
          },
        };
      },
    }),
};
