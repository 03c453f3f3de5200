// Rows: one of a node's connections to Redis falls silent without RST, while the others work on.
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { BLACK_HOLE } from '../../support/tcp-proxy.ts';
import { lagsIn } from '../checkers/lag.ts';
import { type Cluster, roleOf } from '../cluster.ts';
import { heapMiB } from '../node-metrics.ts';
import { answerTimesOf, play } from '../play.ts';
import { stockFeedHole } from '../stock/play.ts';
import type { Row } from './row.ts';

const HOLD_EACH_MS = 20;
const STOCK_WAIT_MS = 30_000;

/** Every link of that role is a hole from its first command on, new links included. */
async function holdFor(cluster: Cluster, index: number, ms: number): Promise<void> {
  const { proxy } = cluster.node(index);
  const until = monotonicMs() + ms;
  while (monotonicMs() < until) {
    for (const link of proxy.links())
      if (link.firstText !== '' && roleOf(link) === 'commands') link.weather = BLACK_HOLE;
    await pauseMs(HOLD_EACH_MS);
  }
  for (const link of proxy.links()) link.weather = null;
}

export const feedHole: Row = {
  name: 'feed-hole',
  fault: 'pub/sub connection black-holed only',
  store: 'standalone',
  figures: { starvation: { title: 'starvation', unit: 'ms', budget: { at: 'max', limit: 5_000 } } },
  stock: () => stockFeedHole(STOCK_WAIT_MS),
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        const victim = cluster.node(options.seed % cluster.nodes.length);
        const there = new Set(scene.on(victim).map(({ userId }) => userId));
        const silenced = victim.proxy.links().filter((link) => roleOf(link) === 'subscriptions');
        // These links stay dead; the server opens sound ones in their place.
        for (const link of silenced) link.weather = BLACK_HOLE;
        await pauseMs(options.size === 'small' ? 8_000 : 15_000);
        return {
          holds: { 'a connection was silenced': silenced.length > 0 ? [] : ['none'] },
          afterwards: () => {
            const lags = lagsIn(scene.recorder.history, { from: at });
            return { figures: { starvation: lags.filter(({ client }) => there.has(client)).map(({ ms }) => ms) } };
          },
        };
      },
    }),
};

export const commandHole: Row = {
  name: 'command-hole',
  fault: 'command connection black-holed only',
  store: 'standalone',
  figures: {
    answers: { title: 'time to an answer', unit: 'ms', budget: { at: 'max', limit: 2_000 } },
    heap: { title: 'heap grown', unit: 'MiB', budget: { at: 'max', limit: 30 } },
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        const victim = options.seed % cluster.nodes.length;
        const node = cluster.node(victim);
        const there = scene.on(node);
        const before = await heapMiB(node);
        await holdFor(cluster, victim, options.size === 'small' ? 5_000 : 20_000);
        const until = monotonicMs();
        const after = await heapMiB(node);
        return {
          figures: { heap: [Math.max(0, after - before)] },
          afterwards: () => ({ figures: { answers: answerTimesOf(there, { from: at, until }) } }),
        };
      },
    }),
};
