// Row: a node dies that had a third of 3,000 clients, and they all come back to the other two.
import { Member } from '../../../bench/load/member.ts';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { type ClusterNode, SECRET } from '../cluster.ts';
import { diceOf } from '../load.ts';
import { grownMiB, loopDelayMs, rssMiB } from '../node-metrics.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { tokenFor } from '../token.ts';
import type { Row } from './row.ts';

/** As socket.io-client does by default: half a second to one and a half, later longer. */
const BACK_OFF_MS = { least: 500, spread: 1_000, factor: 2, most: 5_000 };
/** The number of clients that enter at once before the fault. */
const GATHERING = 20;
const BACK_DEADLINE_MS = 60_000;

export const killCrowd: Row = {
  name: 'kill-crowd',
  fault: 'kill -9 one of three at 3,000 clients',
  store: 'standalone',
  figures: {
    crowd: { title: 'all clients back', unit: 'ms', budget: { at: 'max', limit: 30_000 } },
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
        const dice = diceOf(options.seed);
        const crowd = people(scene, size);
        try {
          await gather(crowd, {
            nodeFor: ({ firstNode }, tries) => cluster.node(firstNode + tries),
            dice,
            isAtOnce: true,
          });
          const survivors = cluster.nodes.filter((_, index) => index !== victim);
          const before = await Promise.all(survivors.map(rssMiB));
          await Promise.all(survivors.map(loopDelayMs));
          const lost = crowd.filter(({ firstNode }) => firstNode % cluster.nodes.length === victim);
          await cluster.kill(victim);
          const nodeFor = ({ firstNode }: Person, tries: number) =>
            survivors[(firstNode + tries) % survivors.length] as ClusterNode;
          const times = await Promise.all(lost.map((person) => comeIn(person, { nodeFor, dice, isAtOnce: false })));
          const [loop, after] = [
            await Promise.all(survivors.map(loopDelayMs)),
            await Promise.all(survivors.map(rssMiB)),
          ];
          return {
            figures: { crowd: times, loop, rss: grownMiB(before, after) },
            notes: [`${lost.length} clients had to come back`],
          };
        } finally {
          for (const { member } of crowd) member?.connection.close();
        }
      },
    });
  },
};

export interface Person {
  readonly userId: string;
  readonly roomId: string;
  /** The number of the first node to try. */
  readonly firstNode: number;
  member: Member | null;
}

export function people(scene: Scene, count: number): Person[] {
  return Array.from({ length: count }, (_, number) => {
    const { roomId } = scene.parties[number % scene.parties.length] as Scene['parties'][number];
    return {
      userId: `${roomId}-c${number}`,
      roomId,
      firstNode: Math.floor(number / scene.parties.length),
      member: null,
    };
  });
}

interface Way {
  readonly nodeFor: (person: Person, tries: number) => ClusterNode;
  readonly dice: (below: number) => number;
  readonly isAtOnce: boolean;
}

/** Tries again after a random back-off until it is in; resolves with how long that took. */
export async function comeIn(person: Person, { nodeFor, dice, isAtOnce }: Way): Promise<number> {
  const from = monotonicMs();
  let limit = BACK_OFF_MS.spread;
  for (let tries = 0; monotonicMs() - from < BACK_DEADLINE_MS; tries++) {
    if (tries > 0 || !isAtOnce) {
      await pauseMs(BACK_OFF_MS.least + dice(limit));
      limit = Math.min(BACK_OFF_MS.most, limit * BACK_OFF_MS.factor);
    }
    person.member = await tryOnce(person, nodeFor(person, tries));
    if (person.member) return monotonicMs() - from;
  }
  return Number.POSITIVE_INFINITY;
}

/** Null when the connection was refused. */
function tryOnce({ userId, roomId }: Person, { server }: ClusterNode): Promise<Member | null> {
  return new Promise((resolve) => {
    const address = { host: '127.0.0.1', port: Number(new URL(server.url).port) };
    const enter = [['room:join', { roomId }]] as const;
    const options = { address, deflate: false, userId, token: tokenFor(userId, SECRET), enter };
    new Member(0, options, { onReady: resolve, onEnded: () => resolve(null), onNews: () => undefined });
  });
}

/** Some at a time, as users come on an ordinary evening. */
export async function gather(crowd: readonly Person[], way: Way): Promise<void> {
  const waiting = [...crowd];
  const comeOneByOne = async () => {
    for (let person = waiting.shift(); person; person = waiting.shift()) await comeIn(person, way);
  };
  await Promise.all(Array.from({ length: GATHERING }, comeOneByOne));
}
