// Row: many clients begin and never finish, while well-behaved ones connect.
import { monotonicMs } from '../../../bench/monotonic.ts';
import { idle, portOf } from '../hostile/idle-sockets.ts';
import { startKnocking } from '../hostile/knocking.ts';
import { othersFigures, othersIn } from '../hostile/others.ts';
import { play } from '../play.ts';
import { stockSlowloris } from '../stock/hostile.ts';
import type { Row } from './row.ts';

const WAIT_MS = 45_000;

export const slowloris: Row = {
  name: 'slowloris',
  fault: 'slowloris: TCP alone, half handshakes, no CONNECT',
  store: 'standalone',
  figures: {
    freed: { title: 'socket freed', unit: 'ms', budget: { at: 'max', limit: 10_000 } },
    handshake: { title: 'handshakes of others', unit: 'ms', budget: { at: 'p99', limit: 1_000 } },
    ...othersFigures,
  },
  stock: stockSlowloris,
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, from) => {
        const knocking = startKnocking(cluster);
        const ports = cluster.nodes.map(({ server }) => portOf(server.url));
        const count = options.size === 'small' ? 30 : 1_000;
        const freed = await idle({ ports, count, waitMs: WAIT_MS });
        const until = monotonicMs();
        const handshake = await knocking.stop();
        return {
          figures: { freed, handshake },
          notes: [`${freed.length} sockets were held`],
          afterwards: () => ({ figures: othersIn(scene, { from, until, size: options.size }) }),
        };
      },
    }),
};
