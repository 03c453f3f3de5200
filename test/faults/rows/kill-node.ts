// Rows: a node is killed (SIGKILL) under load, and one in the middle of its drain.
import { pauseMs } from '../../../bench/monotonic.ts';
import type { Cluster } from '../cluster.ts';
import { untilTrue } from '../deadline.ts';
import { seatsLost } from '../judge.ts';
import { markedAway, play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stockKill } from '../stock/play.ts';
import type { Outcome, PlayOptions, Row } from './row.ts';

const STOCK_WAIT_MS = 30_000;
const GHOST_DEADLINE_MS = 12_000;

/** Some members on the killed node never come back, so the others have to notice it. */
function vanishedOf(scene: Scene, cluster: Cluster, index: number) {
  const there = new Set(scene.on(cluster.node(index)));
  return scene.parties.flatMap(({ sitters }) =>
    sitters.filter((one) => there.has(one) && one.seat !== null).slice(0, 1),
  );
}

const figures: Row['figures'] = {
  marked: { title: 'vanished member marked', unit: 'ms', budget: { at: 'max', limit: 7_000 } },
  back: { title: 'client back', unit: 'ms', budget: { at: 'p99', limit: 5_000 } },
};

async function killed(
  cluster: Cluster,
  options: PlayOptions,
  stop: (victim: number) => Promise<void>,
): Promise<Outcome> {
  const victim = options.seed % cluster.nodes.length;
  return play({
    cluster,
    ...options,
    fault: async (scene, at) => {
      const vanished = vanishedOf(scene, cluster, victim);
      const away = () => markedAway(scene, vanished, at);
      for (const member of vanished) member.vanish();
      await stop(victim);
      await untilTrue(() => away().every(Number.isFinite), GHOST_DEADLINE_MS);
      return {
        figures: { marked: away() },
        afterwards: () => ({ holds: { 'seats of returning members are kept': seatsLost(scene, at) } }),
      };
    },
  });
}

export const killNode: Row = {
  name: 'kill-node',
  fault: 'kill -9 one of three nodes',
  store: 'standalone',
  figures,
  stock: () => stockKill(STOCK_WAIT_MS),
  play: (cluster, options) => killed(cluster, options, (victim) => cluster.kill(victim)),
};

/** A third of the 3 s that the drain takes here. */
const KILL_AFTER_MS = 1_000;

export const drainKilled: Row = {
  name: 'drain-killed',
  fault: 'SIGTERM, and SIGKILL after a third of the drain',
  store: 'standalone',
  figures,
  play: (cluster, options) =>
    killed(cluster, options, async (victim) => {
      const { server } = cluster.node(victim);
      server.process.kill('SIGTERM');
      await pauseMs(KILL_AFTER_MS);
      await cluster.kill(victim);
    }),
};
