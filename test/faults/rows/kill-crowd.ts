// Row: a node dies that had a third of 3,000 clients; they all come back to the other two. Must not know how servers refuse
// whom they cannot take on.
import { Crowd } from '../../../bench/load/crowd.ts';
import { Member } from '../../../bench/load/member.ts';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { type Cluster, type ClusterNode, SECRET } from '../cluster.ts';
import { diceOf } from '../load.ts';
import { loopDelayMs, rssMiB } from '../node-metrics.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { tokenFor } from '../token.ts';
import type { Row } from './row.ts';

/** As socket.io-client does by default: half a second to one and a half, and longer from time to time. */
const BACK_OFF_MS = { least: 500, spread: 1_000, factor: 2, most: 5_000 };
const BACK_DEADLINE_MS = 60_000;

export const killCrowd: Row = {
  name: 'kill-crowd',
  fault: 'kill -9 one of three at 3,000 clients',
  store: 'standalone',
  figures: {
    crowd: { title: 'all back', unit: 'ms', budget: { at: 'max', limit: 30_000 } },
    loop: { title: 'loop delay p99 of survivors', unit: 'ms', budget: { at: 'max', limit: 200 } },
    rss: { title: 'memory of survivors grown', unit: 'MiB' },
    back: { title: 'client back', unit: 'ms' },
  },
  play: (cluster, options) => {
    const size = options.size === 'small' ? 150 : 3_000;
    return play({
      cluster,
      ...options,
      scene: options.size === 'small' ? {} : { rooms: 6, rate: 30 },
      fault: async (scene) => {
        const victim = options.seed % cluster.nodes.length;
        const there = await gather(scene, cluster, size);
        let members: readonly Member[] = [];
        try {
          const survivors = cluster.nodes.filter((_, index) => index !== victim);
          const before = await Promise.all(survivors.map(rssMiB));
          await Promise.all(survivors.map(loopDelayMs));
          await cluster.kill(victim);
          const from = monotonicMs();
          const lost = there.filter(({ place }) => place === victim);
          const back = await comeBack(lost, { survivors, dice: diceOf(options.seed), from });
          members = back.members;
          const [loop, after] = [
            await Promise.all(survivors.map(loopDelayMs)),
            await Promise.all(survivors.map(rssMiB)),
          ];
          return {
            figures: {
              crowd: back.times,
              loop,
              rss: after.map((mib, index) => Math.max(0, mib - (before[index] ?? 0))),
            },
            notes: [`${lost.reduce((sum, { count }) => sum + count, 0)} clients had to come back`],
          };
        } finally {
          for (const { crowd } of there) crowd.disperse();
          for (const { connection } of members) connection.close();
        }
      },
    });
  },
};

interface Group {
  readonly crowd: Crowd;
  readonly roomId: string;
  readonly prefix: string;
  readonly place: number;
  readonly count: number;
}

const addressOf = ({ server }: ClusterNode) => ({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
const entering = (roomId: string) => [['room:join', { roomId }]] as const;

/** A crowd for each room and node. */
async function gather(scene: Scene, cluster: Cluster, members: number): Promise<Group[]> {
  const count = Math.ceil(members / scene.parties.length / cluster.nodes.length);
  const groups: Group[] = [];
  for (const { roomId } of scene.parties) {
    for (const [place, node] of cluster.nodes.entries()) {
      const [crowd, prefix] = [new Crowd(), `${roomId}-c${place}-`];
      const common = { count, prefix, secret: SECRET, deflate: false, enter: entering(roomId), concurrency: 10 };
      const { ready, problems } = await crowd.gather({ ...common, servers: [addressOf(node)] });
      if (ready < count) throw new Error(`only ${ready} of ${count} were let in: ${problems}`);
      groups.push({ crowd, roomId, prefix, place, count });
    }
  }
  return groups;
}

interface Return {
  readonly survivors: readonly ClusterNode[];
  readonly dice: (below: number) => number;
  readonly from: number;
}

/** Each by himself, after a back-off of his own, again and again; how long each took. */
async function comeBack(lost: readonly Group[], { survivors, dice, from }: Return): Promise<Back> {
  const members: Member[] = [];
  const times = lost.flatMap(({ roomId, prefix, count }) =>
    Array.from({ length: count }, async (_, number) => {
      const userId = `${prefix}${number}`;
      let limit = BACK_OFF_MS.spread;
      for (let tries = 0; monotonicMs() - from < BACK_DEADLINE_MS; tries++) {
        await pauseMs(BACK_OFF_MS.least + dice(limit));
        const node = survivors[(number + tries) % survivors.length] as ClusterNode;
        const member = await tryOnce({ userId, roomId, node });
        if (member) {
          members.push(member);
          return monotonicMs() - from;
        }
        limit = Math.min(BACK_OFF_MS.most, limit * BACK_OFF_MS.factor);
      }
      return Number.POSITIVE_INFINITY;
    }),
  );
  return { times: await Promise.all(times), members };
}

interface Back {
  readonly times: readonly number[];
  readonly members: readonly Member[];
}

/** Null when he was refused. */
function tryOnce({
  userId,
  roomId,
  node,
}: {
  userId: string;
  roomId: string;
  node: ClusterNode;
}): Promise<Member | null> {
  return new Promise((resolve) => {
    const options = {
      address: addressOf(node),
      deflate: false,
      userId,
      token: tokenFor(userId, SECRET),
      enter: entering(roomId),
    };
    new Member(0, options, { onReady: resolve, onEnded: () => resolve(null), onNews: () => undefined });
  });
}
