// Row: payloads that are huge, deep or in a thousand pieces, many at a time. Must not know how they are refused.
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { type Cluster, SECRET } from '../cluster.ts';
import { allGiants, sendDeepBody, sendGiant, sendHeaders } from '../hostile/giants.ts';
import { othersFigures, othersIn } from '../hostile/others.ts';
import { grownMiB, isAlive, loopDelayMs, rssMiB } from '../node-metrics.ts';
import { play } from '../play.ts';
import { signed, tokenFor } from '../token.ts';
import type { Row } from './row.ts';

const HEADERS = 5_000;
/** Within what a body may have, and beyond. */
const DEPTHS = [30_000, 100_000];
const AT_ONCE = 10;
/** So that what is measured is what a giant costs, and not how many a machine can bear. */
const PAUSE_MS = 50;
const FINDINGS_SHOWN = 5;
const HOUR_S = 3_600;

export const hugePayloads: Row = {
  name: 'giants',
  fault: 'huge and deep payloads: 16 KiB, 10^5 deep, 1,000 attachments, fragments, headers',
  store: 'standalone',
  figures: {
    loop: { title: 'loop delay p99', unit: 'ms', budget: { at: 'max', limit: 50 } },
    rss: { title: 'memory of a node grown', unit: 'MiB', budget: { at: 'max', limit: 64 } },
    ...othersFigures,
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, from) => {
        const before = await Promise.all(cluster.nodes.map(rssMiB));
        await Promise.all(cluster.nodes.map(loopDelayMs));
        const { wrong, sent } = await onslaught(cluster, options.size === 'small' ? 2 : 40);
        const until = monotonicMs();
        const loop = await Promise.all(cluster.nodes.map(loopDelayMs));
        const after = await Promise.all(cluster.nodes.map(rssMiB));
        const alive = await Promise.all(cluster.nodes.map(isAlive));
        return {
          holds: {
            'the processes live': cluster.nodes.filter((_, index) => !alive[index]).map(({ name }) => name),
            'each is refused, or ends its own connection': wrong.slice(0, FINDINGS_SHOWN),
          },
          figures: {
            // Beside other rows the machine's own delay is all that one would see.
            ...(options.size === 'small' ? {} : { loop }),
            rss: grownMiB(before, after),
          },
          notes: [`${sent} giants were sent`],
          afterwards: () => ({ figures: othersIn(scene, { from, until, size: options.size }) }),
        };
      },
    }),
};

/** Each giant so many times, some at a time. */
async function onslaught(cluster: Cluster, times: number): Promise<{ wrong: string[]; sent: number }> {
  const now = Math.floor(Date.now() / 1_000);
  const service = signed({ sub: 'backend', scope: 'service', iat: now - 60, exp: now + HOUR_S }, SECRET);
  const one = (url: string, turn: number): (() => Promise<string | null>)[] => [
    // Users of their own: of one user only some connections are let be.
    ...allGiants.map((giant, index) => {
      const token = tokenFor(`giant-${turn}-${index}`, SECRET);
      return () => sendGiant(url, { token, giant });
    }),
    async () => {
      const answer = await sendHeaders(url, HEADERS);
      return answer === '' || answer.startsWith('HTTP/1.1 431') ? null : `${HEADERS} headers: ${answer}`;
    },
    ...DEPTHS.map((depth) => async () => {
      const status = await sendDeepBody(url, { token: service, depth });
      return status === 400 || status === 413 ? null : `a body ${depth} deep: ${status}`;
    }),
  ];
  const tasks = Array.from({ length: times }, (_, turn) => one(cluster.node(turn).server.url, turn)).flat();
  const sent = tasks.length;
  const wrong: string[] = [];
  const worker = async () => {
    for (let task = tasks.shift(); task; task = tasks.shift()) {
      const found = await task();
      if (found !== null) wrong.push(found);
      await pauseMs(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { wrong, sent };
}
