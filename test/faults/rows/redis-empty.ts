// Row: Redis dies and comes back empty.
import { monotonicMs } from '../../../bench/monotonic.ts';
import { untilTrue } from '../deadline.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stockRestart } from '../stock/play.ts';
import type { Row } from './row.ts';

const REBUILD_DEADLINE_MS = 15_000;

export const redisEmpty: Row = {
  name: 'redis-empty',
  fault: 'Redis restarts with empty data',
  store: 'standalone',
  figures: {
    whole: { title: 'rooms recovered', unit: 'ms', budget: { at: 'max', limit: 5_000 } },
    resynced: { title: 'client resynced', unit: 'ms', budget: { at: 'max', limit: 10_000 } },
    ackedLost: { title: 'acked commands lost', unit: '' },
    beliefOverlap: { title: 'belief overlap', unit: 'ms', budget: { at: 'max', limit: 10_000 } },
  },
  stock: () => stockRestart(REBUILD_DEADLINE_MS),
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene) => {
        const sitters = scene.parties.flatMap((party) => party.sitters.filter(({ seat }) => seat !== null));
        const seats = new Map(sitters.map((one) => [one, one.seat]));
        const epochs = new Map(scene.clients.map((one) => [one, one.view?.epoch]));
        await cluster.restartRedis();
        const backAt = monotonicMs();
        await untilTrue(() => scene.clients.every((one) => one.view?.epoch !== epochs.get(one)), REBUILD_DEADLINE_MS);
        return {
          judged: { lossIsAllowed: true },
          figures: { ...rebuilt(scene, { backAt, epochs }) },
          afterwards: () => ({
            holds: {
              'every sitting member has the same seat again': [...seats]
                .filter(([one, seat]) => one.seat !== seat)
                .map(([one, seat]) => `${one.userId} sat on ${seat}, now ${one.seat}`),
              'nothing is committed under the old epoch': goesOn(scene, { backAt, epochs: new Set(epochs.values()) }),
            },
          }),
        };
      },
    }),
};

interface Before {
  readonly backAt: number;
  readonly epochs: ReadonlyMap<{ readonly userId: string; readonly roomId: string }, string | undefined>;
}

/** When each client first got its room under a new epoch, and when the first client of each room did. */
function rebuilt(scene: Scene, { backAt, epochs }: Before) {
  const seen = new Map<string, number>();
  for (const entry of scene.recorder.history) {
    if (entry.kind !== 'snapshot' || entry.at < backAt || seen.has(entry.client)) continue;
    const isNew = [...epochs].some(([one, epoch]) => one.userId === entry.client && epoch !== entry.room.epoch);
    if (isNew) seen.set(entry.client, entry.at - backAt);
  }
  const timeOf = (userId: string) => seen.get(userId) ?? Number.POSITIVE_INFINITY;
  return {
    resynced: scene.clients.map(({ userId }) => timeOf(userId)),
    whole: scene.parties.map(({ owner, sitters, guests }) =>
      Math.min(...[owner, ...sitters, ...guests].map(({ userId }) => timeOf(userId))),
    ),
  };
}

/** Events under an old epoch that were committed after the loss, as if nothing had been lost. */
const goesOn = (
  scene: Scene,
  { backAt, epochs }: { backAt: number; epochs: ReadonlySet<string | undefined> },
): string[] => {
  const offset = Date.now() - monotonicMs();
  return scene.recorder.history.flatMap((entry) => {
    if (entry.kind !== 'updates' || !epochs.has(entry.epoch)) return [];
    const late = entry.updates.filter(({ at }) => at > backAt + offset + 50);
    return late.map(({ version }) => `${entry.client} ${entry.epoch} ${version}`).slice(0, 3);
  });
};
