// Row: Redis answers half a second late for ten seconds.
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { CLEAR } from '../../support/tcp-proxy.ts';
import { flickerFindings } from '../judge.ts';
import { isAlive } from '../node-metrics.ts';
import { answerTimesOf, play } from '../play.ts';
import type { Row } from './row.ts';

const LATENCY_MS = 500;
const LOOK_EACH_MS = 500;

export const slowRedis: Row = {
  name: 'slow-redis',
  fault: 'Redis slow: 500 ms for 10 s',
  store: 'standalone',
  figures: { answers: { title: 'time to an answer', unit: 'ms', budget: { at: 'max', limit: 2_000 } } },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        for (const { proxy } of cluster.nodes) proxy.weather = { delayMs: LATENCY_MS / 2 };
        const dead: string[] = [];
        const until = at + (options.size === 'small' ? 5_000 : 10_000);
        while (monotonicMs() < until) {
          const alive = await Promise.all(cluster.nodes.map(isAlive));
          dead.push(...cluster.nodes.filter((_, index) => !alive[index]).map(({ name }) => name));
          await pauseMs(LOOK_EACH_MS);
        }
        for (const { proxy } of cluster.nodes) proxy.weather = CLEAR;
        const clearAt = monotonicMs();
        return {
          holds: { 'liveness stays 200': dead },
          afterwards: () => {
            const { 'no member is marked away': away = [], 'no seat is lost': lost = [] } = flickerFindings(scene, at);
            const answers = answerTimesOf(scene.clients, { from: at, until: clearAt });
            return { holds: { 'no node is declared dead': [...away, ...lost] }, figures: { answers } };
          },
        };
      },
    }),
};
