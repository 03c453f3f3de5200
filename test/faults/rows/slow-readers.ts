// Row: some members of a busy room read nothing, others a KiB a second.
import { fileURLToPath } from 'node:url';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { text } from '../../hostile/raw-connection.ts';
import type { FaultClient } from '../client.ts';
import { type ClusterNode, SECRET } from '../cluster.ts';
import { admitted } from '../hostile/knocking.ts';
import { othersFigures, othersIn } from '../hostile/others.ts';
import { SlowReader } from '../hostile/slow-reader.ts';
import { speak } from '../hostile/speaker.ts';
import { grownMiB, metric, rssMiB } from '../node-metrics.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stockSlowReaders } from '../stock/hostile.ts';
import { tokenFor } from '../token.ts';
import type { Row } from './row.ts';

const preload = fileURLToPath(new URL('../watch-sockets.mjs', import.meta.url));
const RATES = [0, 1_024];
const DEADLINE_MS = 60_000;
const BEFORE_MS = 5_000;
/** The rate of each of three speakers. */
const PER_SECOND = 150;
const STAGE_EACH_MS = 20;

export const slowReaders: Row = {
  name: 'slow-readers',
  fault: 'slow readers: 0 B/s and 1 KiB/s',
  store: 'standalone',
  options: { environment: { NODE_OPTIONS: `--import=${preload}` } },
  figures: {
    queued: { title: 'largest queue of one socket', unit: 'MiB', budget: { at: 'max', limit: 1.1 } },
    rss: { title: 'memory of a node grown', unit: 'MiB' },
    ended: { title: 'slow reader ended after', unit: 'ms' },
    ...othersFigures,
  },
  stock: stockSlowReaders,
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, since) => {
        const count = options.size === 'small' ? 4 : 20;
        const { roomId, owner } = scene.parties[0] as Scene['parties'][number];
        // The same load runs before, so that the comparison shows the effect of the readers alone.
        const speakers = await Promise.all(
          cluster.nodes.map(({ server }, index) =>
            speak({ url: server.url, userId: `${roomId}-speaker${index}`, roomId, perSecond: PER_SECOND }),
          ),
        );
        await stageUntil(owner, async () => monotonicMs() - since > (options.size === 'small' ? 1_000 : BEFORE_MS));
        const before = await Promise.all(cluster.nodes.map(rssMiB));
        const from = monotonicMs();
        const readers = await Promise.all(
          Array.from({ length: count }, (_, number) => reader(cluster.node(number), { roomId, number })),
        );
        try {
          const gaveUp = () => slowConsumers(cluster.nodes);
          const ended = await stageUntil(owner, async () => (await gaveUp()) >= count);
          const sent = speakers.reduce((sum, one) => sum + one.stop(), 0);
          const until = monotonicMs();
          const after = await Promise.all(cluster.nodes.map(rssMiB));
          const returned = await Promise.all(
            readers.map((_, number) => comesBack(cluster.node(number + 1), { roomId, number })),
          );
          return {
            holds: {
              'each slow reader is ended with SLOW_CONSUMER':
                (await gaveUp()) === count ? [] : [`${await gaveUp()} of ${count}`],
              'each slow reader comes back by a snapshot': returned.filter((answer) => !isSnapshot(answer)),
            },
            figures: {
              queued: cluster.nodes.map(queuedMiB),
              rss: grownMiB(before, after),
              ended: [ended],
            },
            notes: [`${sent} messages of 1.9 KB were sent`],
            afterwards: () => ({ figures: othersIn(scene, { since, from, until, size: options.size }) }),
          };
        } finally {
          for (const one of readers) one.close();
        }
      },
    }),
};

interface Who {
  readonly roomId: string;
  readonly number: number;
}

const nameOf = ({ roomId, number }: Who): string => `${roomId}-slow${number}`;

const reader = ({ server }: ClusterNode, who: Who): Promise<SlowReader> =>
  SlowReader.enter({
    url: server.url,
    token: tokenFor(nameOf(who), SECRET),
    enter: `420["room:join",${JSON.stringify({ roomId: who.roomId })}]`,
    isIn: '430[{"ok":true',
    bytesPerSecond: RATES[who.number % RATES.length] as number,
  });

/**
 * Goes on changing the stage until the condition holds, because every member gets stage changes, even a slow consumer.
 * Resolves with how long that took.
 */
async function stageUntil(owner: FaultClient, holds: () => Promise<boolean>): Promise<number> {
  const from = monotonicMs();
  for (let turn = 0; !(await holds()); turn++) {
    if (monotonicMs() - from > DEADLINE_MS) return Number.POSITIVE_INFINITY;
    await owner.wish('room:attributes', { set: { padding: `${turn}`.padEnd(7_000, 'x') } });
    await pauseMs(STAGE_EACH_MS);
  }
  return monotonicMs() - from;
}

async function slowConsumers(nodes: readonly ClusterNode[]): Promise<number> {
  const counts = await Promise.all(nodes.map((node) => metric(node, 'maiwei_slow_consumers_total')));
  return counts.reduce((sum, one) => sum + one, 0);
}

/** The last output of watch-sockets.mjs, from the end of the node's output. */
function queuedMiB({ server }: Pick<ClusterNode, 'server'>): number {
  const [, bytes = '0'] = [...server.output().matchAll(/watch: (\d+) bytes wait/g)].at(-1) ?? [];
  return Number(bytes) / 2 ** 20;
}

/** Joins on another node with an old position; resolves with the answer as text. */
async function comesBack({ server }: ClusterNode, who: Who): Promise<string> {
  const connection = await admitted(server.url, tokenFor(nameOf(who), SECRET));
  const resume = { epoch: 'of long ago', version: 1 };
  connection.write([text(`427["room:join",${JSON.stringify({ roomId: who.roomId, resume })}]`)]);
  const answer = await connection.received((message) => message.startsWith('437'));
  connection.destroy();
  return answer ?? 'no answer';
}

const isSnapshot = (answer: string): boolean => /^437\[\{"ok":true/.test(answer) && answer.includes('"room":{');
