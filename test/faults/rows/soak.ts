// Row: half an hour of people coming and going while one fault follows another; then nothing may be left over. Must not know
// keys but that each has a life time.
import { Redis } from 'ioredis';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { BLACK_HOLE, CLEAR } from '../../support/tcp-proxy.ts';
import { type Cluster, roleOf } from '../cluster.ts';
import { diceOf } from '../load.ts';
import { heapMiB } from '../node-metrics.ts';
import { play } from '../play.ts';
import type { Row } from './row.ts';

const MINUTE_MS = 60_000;
/** Set by hand for the long one: SOAK_MINUTES=120. */
const minutes = Number(process.env.SOAK_MINUTES ?? 30);

export const soak: Row = {
  name: 'soak',
  fault: `${minutes} min of churn under mixed faults`,
  store: 'standalone',
  figures: {
    growth: { title: 'heap growth of a node', unit: 'MB/h' },
    eternal: { title: 'keys without a life time', unit: '', budget: { at: 'max', limit: 0 } },
    keys: { title: 'keys at the end, rooms still open', unit: '' },
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      scene: { rooms: 10, guests: 4, sitters: 2, rate: 20 },
      fault: async () => {
        const lengthMs = options.size === 'small' ? 4_000 : minutes * MINUTE_MS;
        const heaps = cluster.nodes.map((): { at: number; mib: number }[] => []);
        const dice = diceOf(options.seed);
        const until = monotonicMs() + lengthMs;
        while (monotonicMs() < until) {
          await nextFault(cluster, { kind: dice(4), index: dice(cluster.nodes.length) });
          await pauseMs(Math.min(20_000, lengthMs / 4));
          for (const [index, node] of cluster.nodes.entries()) {
            if (node.state === 'up') heaps[index]?.push({ at: monotonicMs(), mib: await heapMiB(node) });
          }
        }
        const { keys, eternal } = await lifeTimes(cluster.redis.redis.url);
        return {
          holds: { 'every key has a life time': eternal },
          figures: { growth: heaps.flatMap(slope), eternal: [eternal.length], keys: [keys] },
        };
      },
    }),
};

async function nextFault(cluster: Cluster, { kind, index }: { kind: number; index: number }): Promise<void> {
  const node = cluster.node(index);
  if (kind === 0) {
    cluster.freeze(index);
    await pauseMs(2_000);
    cluster.thaw(index);
  } else if (kind === 1) {
    for (const link of node.proxy.links()) if (roleOf(link) === 'subscriptions') link.weather = BLACK_HOLE;
  } else if (kind === 2) {
    node.proxy.weather = BLACK_HOLE;
    await pauseMs(3_000);
    node.proxy.weather = CLEAR;
  } else {
    node.proxy.cut();
  }
}

/** Least squares over the second half: what a process grows when it has warmed up. */
function slope(samples: readonly { at: number; mib: number }[]): number[] {
  const half = samples.slice(samples.length >> 1);
  if (half.length < 5) return [];
  const mean = (of: (one: { at: number; mib: number }) => number) =>
    half.reduce((sum, one) => sum + of(one), 0) / half.length;
  const [at, mib] = [mean((one) => one.at), mean((one) => one.mib)];
  const over = half.reduce((sum, one) => sum + (one.at - at) * (one.mib - mib), 0);
  const under = half.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  return [(over / under) * 60 * MINUTE_MS * 1.048576];
}

async function lifeTimes(url: string): Promise<{ keys: number; eternal: string[] }> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    const lives = await Promise.all(keys.map((key) => redis.pttl(key)));
    return { keys: keys.length, eternal: keys.filter((_, index) => lives[index] === -1) };
  } finally {
    redis.disconnect();
  }
}
