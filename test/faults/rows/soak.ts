// Row: half an hour of users coming and going while one fault follows another. At the end no key may be left over.
import { Redis } from 'ioredis';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { Churn } from '../churn.ts';
import type { Cluster } from '../cluster.ts';
import { Growth, measurable } from '../growth.ts';
import { type Judged, judge } from '../judge.ts';
import { diceOf } from '../load.ts';
import { Nemesis } from '../nemesis.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import type { Row } from './row.ts';

const MINUTE_MS = 60_000;
/** Set by hand for a long run: SOAK_MINUTES=120. */
const minutes = Number(process.env.SOAK_MINUTES ?? 30);
const BETWEEN_FAULTS_MS = 15_000;
/** Nodes that live from the beginning to the end. */
const WATCHED = 2;
/** A key of a closed room or of an absent user has no longer TTL than this. */
const AFTERLIFE_MS = 16 * MINUTE_MS;
/** Nodes passivate rooms, and report it, a while after they were closed. */
const LET_GO_MS = 40_000;
/** How the nodes remember dead nodes: one key, however many there are. */
const MEMORY = 'mw:{nodes}:gone';
const LOOK_EACH_MS = 100;

export const soak: Row = {
  name: 'soak',
  fault: `${minutes} min of churn under mixed faults`,
  store: 'standalone',
  options: { environment: measurable },
  figures: {
    growth: { title: 'heap growth of a node, garbage collected', unit: 'MB/h', budget: { at: 'max', limit: 10 } },
    heap: { title: 'heap at the end', unit: 'MB' },
    resident: { title: 'growth of resident memory', unit: 'MB/h' },
    eternal: { title: 'keys without a TTL', unit: '', budget: { at: 'max', limit: 0 } },
    keys: { title: 'keys, rooms still open', unit: '' },
    keysLeft: { title: 'keys left for longer than 16 min, rooms closed', unit: '', budget: { at: 'max', limit: 0 } },
    beliefOverlap: { title: 'belief overlap', unit: 'ms', budget: { at: 'max', limit: 10_000 } },
  },
  play: async (cluster, options) => {
    const before = await lifetimes(cluster);
    return play({
      cluster,
      ...options,
      scene: { rooms: 10, guests: 4, sitters: 2, rate: 20 },
      fault: async (scene) => {
        const lengthMs = options.size === 'small' ? 8_000 : minutes * MINUTE_MS;
        const watched = cluster.nodes.slice(0, WATCHED).map((node) => new Growth(node));
        const acts = { scene, watched, seed: options.seed, lengthMs: lengthMs / 2 };
        const kept = await act({ ...acts, store: 'kept' });
        // Up to here nothing may be lost; from here on Redis sometimes loses everything.
        await scene.quiet();
        const strict = judge(scene);
        scene.load.start();
        const lost = await act({ ...acts, store: 'lost' });
        const { all, eternal } = await lifetimes(cluster);
        return {
          holds: {
            ...prefixed(strict.holds, 'while Redis keeps its data'),
            'every key has a TTL': eternal,
            'every user is let in, and can close the room': [...kept.findings, ...lost.findings].slice(0, 5),
          },
          figures: {
            growth: watched.flatMap(({ heapPerHour }) => heapPerHour),
            heap: watched.flatMap(({ heap }) => heap),
            resident: watched.flatMap(({ rssPerHour }) => rssPerHour),
            eternal: [eternal.length],
            keys: [all],
          },
          notes: [
            ...strict.notes,
            ...kept.notes,
            ...lost.notes,
            ...watched.map(({ course }) => `heap in its course: ${course}`),
          ],
          judged: { lossIsAllowed: true },
          afterwards: async () => {
            const open = await closeAll(scene);
            const left = await leftOver(cluster, { before });
            const holds = { 'rooms can be closed': open, 'no key is left over': left.slice(0, 5) };
            return { holds, figures: { keysLeft: [left.length] } };
          },
        };
      },
    });
  },
};

interface Act {
  readonly scene: Scene;
  readonly watched: readonly Growth[];
  readonly seed: number;
  readonly lengthMs: number;
  readonly store: 'kept' | 'lost';
}

/** One fault after the other while users come and go. */
async function act({ scene, watched, seed, lengthMs, store }: Act) {
  const nemesis = new Nemesis(scene.cluster, { dice: diceOf(seed), store });
  const churn = new Churn(scene, { dice: diceOf(seed + 1), name: store });
  const until = monotonicMs() + lengthMs;
  try {
    while (monotonicMs() < until) {
      await nemesis.next();
      await pauseMs(Math.min(BETWEEN_FAULTS_MS, lengthMs / 4));
      await Promise.all(watched.map((growth) => growth.sample()));
    }
  } finally {
    await churn.stop();
  }
  const { findings, visitors, rooms } = churn;
  return { findings, notes: [nemesis.summary, `${visitors} visitors, ${rooms} rooms that came and went`] };
}

const prefixed = (holds: Judged['holds'], when: string): Judged['holds'] =>
  Object.fromEntries(Object.entries(holds).map(([rule, found]) => [`${when}: ${rule}`, found]));

/** The rooms that could not be closed. */
async function closeAll(scene: Scene): Promise<readonly string[]> {
  const answers = await Promise.all(scene.parties.map(({ owner }) => owner.wish('room:close', {})));
  scene.close();
  return answers.flatMap((answer) => (answer?.ok ? [] : [JSON.stringify(answer)]));
}

/** Lasting keys that were not there before. */
async function leftOver(cluster: Cluster, { before }: { readonly before: Lifetimes }): Promise<readonly string[]> {
  const until = monotonicMs() + LET_GO_MS;
  for (;;) {
    const { lasting } = await lifetimes(cluster);
    const left = lasting.filter((key) => key !== MEMORY && !before.lasting.includes(key));
    if (left.length === 0 || monotonicMs() > until) return left;
    await pauseMs(LOOK_EACH_MS);
  }
}

interface Lifetimes {
  readonly all: number;
  readonly eternal: readonly string[];
  readonly lasting: readonly string[];
}

async function lifetimes(cluster: Cluster): Promise<Lifetimes> {
  const redis = new Redis(cluster.redis.redis.url);
  try {
    const keys = await redis.keys('*');
    const lives = await Promise.all(keys.map((key) => redis.pttl(key)));
    const livesSo = (is: (ms: number) => boolean) => keys.filter((_, index) => is(lives[index] ?? 0));
    return {
      all: keys.length,
      eternal: livesSo((ms) => ms === -1),
      lasting: livesSo((ms) => ms === -1 || ms > AFTERLIFE_MS),
    };
  } finally {
    redis.disconnect();
  }
}
