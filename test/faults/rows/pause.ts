// Rows: a node stands still (SIGSTOP) for 3, 8 and 30 seconds and goes on.
import { pauseMs } from '../../../bench/monotonic.ts';
import { flickerFindings } from '../judge.ts';
import { markedAway, play } from '../play.ts';
import type { Row } from './row.ts';

/** After this time without a sign a node is dead to the others: its lease, and the survey. */
const LEASE_MAX_MS = 7_000;

const pause = (seconds: number): Row => ({
  name: `pause-${seconds}`,
  fault: `SIGSTOP ${seconds} s`,
  store: 'standalone',
  figures: {
    marked: { title: 'marked away', unit: 'ms', budget: { at: 'max', limit: LEASE_MAX_MS } },
    beliefOverlap: { title: 'belief overlap', unit: 'ms', budget: { at: 'max', limit: 0 } },
    quiet: { title: 'all clients equal again', unit: 'ms' },
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        const victim = options.seed % cluster.nodes.length;
        const there = scene.on(cluster.node(victim));
        const sitting = there.filter(
          (one) => one.seat !== null && scene.parties.some(({ sitters }) => sitters.includes(one)),
        );
        const frozenAt = Date.now();
        cluster.freeze(victim);
        await pauseMs(seconds * 1_000);
        const cutOffs = {
          userIds: new Set(there.map(({ userId }) => userId)),
          from: frozenAt + LEASE_MAX_MS,
          until: Date.now(),
        };
        const isLong = seconds * 1_000 > LEASE_MAX_MS;
        const marked = isLong ? markedAway(scene, sitting, at) : [];
        cluster.thaw(victim);
        return {
          judged: { cutOffs: isLong ? [cutOffs] : [] },
          figures: { marked },
          afterwards: () => {
            const { 'no seat is lost': lost = [], 'no member is marked away': away = [] } = flickerFindings(scene, at);
            return { holds: { 'no seat is lost': lost, ...(seconds < 4 ? { 'no member is marked away': away } : {}) } };
          },
        };
      },
    }),
});

export const pauses: readonly Row[] = [pause(3), pause(8), pause(30)];
