// Row: all connections are cut at once, and all clients come back at once.
import { Redis } from 'ioredis';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { untilTrue } from '../deadline.ts';
import { startKnocking } from '../hostile/knocking.ts';
import { flickerFindings } from '../judge.ts';
import { diceOf } from '../load.ts';
import { grownMiB, loopDelayMs, rssMiB } from '../node-metrics.ts';
import { gapsOf, play } from '../play.ts';
import { comeIn, gather, people } from './kill-crowd.ts';
import type { Row } from './row.ts';

/** Set by hand for a larger storm: STORM_CLIENTS=10000. */
const clients = Number(process.env.STORM_CLIENTS ?? 5_000);
const BASELINE_MS = 2_000;
const BACK_DEADLINE_MS = 60_000;

export const storm: Row = {
  name: 'storm',
  fault: `reconnect storm of ${clients}`,
  store: 'standalone',
  figures: {
    crowd: { title: 'back', unit: 'ms', budget: { at: 'p99', limit: 30_000 } },
    back: { title: 'back, members of the rooms', unit: 'ms', budget: { at: 'p99', limit: 30_000 } },
    handshake: { title: 'handshake of a new connection meanwhile', unit: 'ms' },
    scripts: { title: 'scripts per reconnect', unit: '' },
    commands: { title: 'Redis commands per reconnect, scripts included', unit: '' },
    redis: { title: 'Redis commands a second', unit: '' },
    loop: { title: 'loop delay p99', unit: 'ms' },
    rss: { title: 'memory of a node grown', unit: 'MiB' },
  },
  play: (cluster, options) => {
    const size = options.size === 'small' ? 150 : clients;
    return play({
      cluster,
      ...options,
      scene: options.size === 'small' ? {} : { rooms: 6, rate: 30 },
      fault: async (scene) => {
        const dice = diceOf(options.seed);
        const crowd = people(scene, size);
        const redis = new Redis(cluster.redis.redis.url);
        try {
          const nodeFor = ({ firstNode }: (typeof crowd)[number], tries: number) => cluster.node(firstNode + tries);
          await gather(crowd, { nodeFor, dice, isAtOnce: true });
          const idle = await countedOver(redis, () =>
            pauseMs(options.size === 'small' ? BASELINE_MS / 4 : BASELINE_MS),
          );
          const before = await Promise.all(cluster.nodes.map(rssMiB));
          await Promise.all(cluster.nodes.map(loopDelayMs));
          const at = monotonicMs();
          for (const { member } of crowd) member?.connection.close();
          for (const one of scene.clients) one.breakOff();
          const knocking = startKnocking(cluster);
          let times: number[] = [];
          const busy = await countedOver(redis, async () => {
            times = await Promise.all(crowd.map((one) => comeIn(one, { nodeFor, dice, isAtOnce: false })));
          });
          const handshake = await knocking.stop();
          await untilTrue(() => scene.clients.every(({ isInside }) => isInside), BACK_DEADLINE_MS);
          const loop = await Promise.all(cluster.nodes.map(loopDelayMs));
          const after = await Promise.all(cluster.nodes.map(rssMiB));
          const share = (name: 'scripts' | 'all') =>
            Math.max(0, busy[name] - (idle[name] / idle.ms) * busy.ms) / (size + scene.clients.length);
          return {
            figures: {
              crowd: times,
              handshake,
              scripts: [share('scripts')],
              commands: [share('all')],
              redis: [(busy.all / busy.ms) * 1_000],
              loop,
              rss: grownMiB(before, after),
            },
            notes: [`${size + scene.clients.length} connections were cut`],
            afterwards: () => ({
              holds: { 'no seat is lost within the grace': flickerFindings(scene, at)['no seat is lost'] ?? [] },
              figures: { back: gapsOf(scene.clients, at) },
            }),
          };
        } finally {
          redis.disconnect();
          for (const { member } of crowd) member?.connection.close();
        }
      },
    });
  },
};

/** Counts the commands of Redis during the task. */
async function countedOver(redis: Redis, task: () => Promise<unknown>) {
  const [before, from] = [await calls(redis), monotonicMs()];
  await task();
  const after = await calls(redis);
  return { scripts: after.scripts - before.scripts, all: after.all - before.all, ms: monotonicMs() - from };
}

async function calls(redis: Redis): Promise<{ scripts: number; all: number }> {
  let [scripts, all] = [0, 0];
  for (const [, name = '', count] of (await redis.info('commandstats')).matchAll(/cmdstat_([^:]+):calls=(\d+)/g)) {
    all += Number(count);
    if (/^(evalsha|eval|fcall)/.test(name)) scripts += Number(count);
  }
  return { scripts, all };
}
