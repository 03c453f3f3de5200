// Row: a million malformed frames of WebSocket, engine.io, Socket.IO and our own protocol.
import { monotonicMs } from '../../../bench/monotonic.ts';
import { answersEvent, answersPing, type Campaign, runCampaign } from '../../hostile/campaign.ts';
import { engine, socketIo, webSocket } from '../../hostile/frames.ts';
import { type Cluster, SECRET } from '../cluster.ts';
import { admitted, knock, opened } from '../hostile/knocking.ts';
import { othersFigures, othersIn } from '../hostile/others.ts';
import { defectivePackets, fuzzSchemas } from '../hostile/schema-fuzz.ts';
import { grownMiB, isAlive, rssMiB } from '../node-metrics.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { tokenFor } from '../token.ts';
import type { Row } from './row.ts';

/** Set by hand for fewer or more: MALFORMED_FRAMES=100000. */
const frames = Number(process.env.MALFORMED_FRAMES ?? 1_000_000);
const SMALL_FRAMES = 12_000;
const FINDINGS_SHOWN = 5;
/** The number of frames that one connection of each level writes, for about equal totals. */
const ROUND_FRAMES = 1_000;

export const malformed: Row = {
  name: 'malformed',
  fault: `${frames.toLocaleString('en')} malformed frames: WebSocket, engine.io, Socket.IO, our schemas`,
  store: 'standalone',
  /** Rates are the matter of the row of floods. */
  options: { environment: { LIMIT_COMMANDS_PER_SECOND: '100000', LIMIT_HANDSHAKES_PER_SECOND: '10000' } },
  figures: {
    rate: { title: 'frames a second', unit: '' },
    rss: { title: 'memory of a node grown', unit: 'MiB', budget: { at: 'max', limit: 96 } },
    ...othersFigures,
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, from) => {
        const wanted = options.size === 'small' ? SMALL_FRAMES : frames;
        const before = await Promise.all(cluster.nodes.map(rssMiB));
        const { sent, died, wrong } = await rounds({ cluster, scene, wanted, seed: options.seed });
        const until = monotonicMs();
        const after = await Promise.all(cluster.nodes.map(rssMiB));
        const alive = await Promise.all(cluster.nodes.map(isAlive));
        const letIn = await Promise.all(cluster.nodes.map(({ server }) => knock(server.url, 'newcomer')));
        return {
          holds: {
            'the processes live': cluster.nodes
              .filter(({ server }, index) => !alive[index] || server.process.exitCode !== null)
              .map(({ name }) => name),
            'new connections are let in': letIn.filter((ms) => !Number.isFinite(ms)).map(String),
            'only the offender’s connections end': died.slice(0, FINDINGS_SHOWN),
            'payloads that break a schema are refused with BAD_REQUEST': wrong.slice(0, FINDINGS_SHOWN),
          },
          figures: {
            rate: [(sent / (until - from)) * 1_000],
            rss: grownMiB(before, after),
          },
          notes: [`${sent} frames`],
          afterwards: () => ({ figures: othersIn(scene, { from, until, size: options.size }) }),
        };
      },
    }),
};

interface War {
  readonly cluster: Cluster;
  readonly scene: Scene;
  readonly wanted: number;
  readonly seed: number;
}

/** Each round is about as long as the shortest round that plays all levels; the dice differ in each. */
async function rounds({ cluster, scene, wanted, seed }: War) {
  const { roomId } = scene.parties[0] as Scene['parties'][number];
  const packets = defectivePackets(roomId);
  const died: string[] = [];
  const wrong: string[] = [];
  let sent = 0;
  let packetAt = 0;
  for (let round = 0; sent < wanted; round++) {
    const { url } = cluster.node(round).server;
    const campaigns = levelsAt(url);
    const share = packets.slice(packetAt, packetAt + 3 * ROUND_FRAMES);
    packetAt = packetAt + share.length >= packets.length ? 0 : packetAt + share.length;
    const fuzzing = fuzzSchemas({ url, token: tokenFor(`${roomId}-fuzz`, SECRET), roomId, packets: share });
    for (const campaign of campaigns) {
      const outcome = await runCampaign(campaign, seed * 10_000 + round);
      sent += outcome.frames;
      died.push(...outcome.died);
    }
    wrong.push(...(await fuzzing));
    sent += share.length;
  }
  return { sent, died, wrong };
}

function levelsAt(url: string): Campaign[] {
  const anonymous = { begin: () => opened(url), isAlive: answersPing };
  const members = {
    begin: (index: number) => admitted(url, tokenFor(`fuzz-${index}`, SECRET)),
    isAlive: answersEvent,
  };
  return [
    { ...anonymous, level: webSocket, connections: 12, pieces: 60 },
    { ...anonymous, level: engine, connections: 12, pieces: 200 },
    { ...members, level: socketIo, connections: 12, pieces: 300 },
  ];
}
