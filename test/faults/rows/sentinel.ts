// Row: the master dies and Sentinels promote a replica. Acknowledged writes that were not copied yet are lost, and the
// loss must show.
import { monotonicMs } from '../../../bench/monotonic.ts';
import { untilTrue } from '../deadline.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import type { Row } from './row.ts';

const RECOVERY_DEADLINE_MS = 25_000;

/** The longest time after the fault without any accepted command of any client. */
function writeOutageMs(scene: Scene, at: number): number {
  const accepted = scene.recorder.history.flatMap((entry) =>
    entry.kind === 'answer' && entry.answer?.ok && entry.at >= at ? [entry.at] : [],
  );
  const end = scene.recorder.history.at(-1)?.at ?? at;
  return [at, ...accepted, end].reduce(
    (longest, time, index, all) => Math.max(longest, time - (all[index - 1] ?? at)),
    0,
  );
}

export const sentinelFailover: Row = {
  name: 'sentinel-failover',
  fault: 'Sentinel failover: the master is killed',
  store: 'sentinel',
  figures: {
    outage: { title: 'write outage', unit: 'ms', budget: { at: 'p95', limit: 8_000 } },
    beliefOverlap: { title: 'belief overlap', unit: 'ms', budget: { at: 'max', limit: 10_000 } },
    ackedLost: { title: 'acked commands lost', unit: '' },
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        const master = await cluster.storeAs('sentinel').group.master();
        const epochs = new Map(scene.clients.map((one) => [one, one.view?.epoch]));
        master.process.kill('SIGKILL');
        const isNew = () => scene.clients.every((one) => one.view?.epoch !== epochs.get(one));
        const seen = await untilTrue(isNew, RECOVERY_DEADLINE_MS);
        const old = scene.clients.filter((one) => one.view?.epoch === epochs.get(one)).map(({ userId }) => userId);
        return {
          judged: { lossIsAllowed: true },
          holds: { 'every client learns of a new epoch': old },
          notes: [`all under a new epoch after ${seen === null ? 'never' : Math.round(monotonicMs() - at)} ms`],
          afterwards: () => ({ figures: { outage: [writeOutageMs(scene, at)] } }),
        };
      },
    }),
};
