// Row: every node is stopped orderly and replaced, one after the other, under load.
import { flickerFindings } from '../judge.ts';
import { play } from '../play.ts';
import type { Row } from './row.ts';

export const rolling: Row = {
  name: 'rolling',
  fault: 'rolling SIGTERM of all nodes',
  store: 'standalone',
  figures: { back: { title: 'gap of a client', unit: 'ms', budget: { at: 'p99', limit: 2_000 } } },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        const codes: (number | null)[] = [];
        for (let index = 0; index < cluster.nodes.length; index++) {
          codes.push(await cluster.terminate(index));
          await cluster.replace(index);
        }
        return {
          holds: { 'every node exits with code 0': codes.filter((code) => code !== 0).map(String) },
          afterwards: () => ({ holds: flickerFindings(scene, at) }),
        };
      },
    }),
};
