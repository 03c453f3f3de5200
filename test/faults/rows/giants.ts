// Row: many payloads at a time that are huge, deep or in a thousand pieces.
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { type Cluster, SECRET } from '../cluster.ts';
import { allGiants, sendDeepBody, sendGiant, sendHeaders } from '../hostile/giants.ts';
import { othersFigures, othersIn } from '../hostile/others.ts';
import { grownMiB, isAlive, loopDelayMs, rssMiB } from '../node-metrics.ts';
import { play } from '../play.ts';
import { signed, tokenFor } from '../token.ts';
import type { Row } from './row.ts';

const HEADERS = 5_000;
/** Depths within the size limit of a body, and beyond it. */
const DEPTHS = [30_000, 100_000];
const AT_ONCE = 10;
/** A pause, so that the cost of one payload is measured and not the capacity of the machine. */
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
            'each payload is refused, or ends its own connection': wrong.slice(0, FINDINGS_SHOWN),
          },
          figures: {
            // Beside other rows only the delay of the machine itself would show.
            ...(options.size === 'small' ? {} : { loop }),
            rss: grownMiB(before, after),
          },
          notes: [`${sent} giants were sent`],
          afterwards: () => ({ figures: othersIn(scene, { from, until, size: options.size }) }),
        };
      },
    }),
};

/** Sends each giant `times` times, some at a time. */
async function onslaught(cluster: Cluster, times: number): Promise<{ wrong: string[]; sent: number }> {
  const now = Math.floor(Date.now() / 1_000);
  const service = signed({ sub: 'backend', scope: 'service', iat: now - 60, exp: now + HOUR_S }, SECRET);
  const one = (url: string, turn: number): (() => Promise<string | null>)[] => [
    // Users of their own, because one user may have only some connections.
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
