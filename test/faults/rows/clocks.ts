// Rows: the wall clocks of the servers jump, each another way, while members are in their rooms.
import { fileURLToPath } from 'node:url';
import { pauseMs } from '../../../bench/monotonic.ts';
import { untilTrue } from '../deadline.ts';
import { flickerFindings } from '../judge.ts';
import { markedAway, play } from '../play.ts';
import type { Row } from './row.ts';

const preload = fileURLToPath(new URL('../shift-clock.mjs', import.meta.url));
const GHOST_DEADLINE_MS = 12_000;

const clocks = (name: string, shiftMs: number): Row => ({
  name: `clocks-${name.replace(' ', '')}`,
  fault: `clocks ±${name}`,
  store: 'standalone',
  figures: { marked: { title: 'vanished member marked', unit: 'ms', budget: { at: 'max', limit: 7_000 } } },
  options: {
    environmentOf: (index) => ({
      NODE_OPTIONS: `--import=${preload}`,
      CLOCK_SHIFT_MS: String([shiftMs, -shiftMs, 0][index % 3]),
    }),
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        const jump = () => cluster.nodes.forEach(({ server }) => void server.process.kill('SIGWINCH'));
        jump();
        await pauseMs(options.size === 'small' ? 3_000 : 20_000);
        const {
          'no member is marked away': away = [],
          'no seat is lost': lost = [],
          'no leave and join pairs': pairs = [],
        } = flickerFindings(scene, at);
        const vanished = scene.parties.flatMap(({ sitters }) => sitters.slice(0, 1));
        const vanishedAt = performance.now();
        const recordAt = scene.recorder.history.at(-1)?.at ?? at;
        for (const member of vanished) member.vanish();
        const marked = () => markedAway(scene, vanished, recordAt);
        await untilTrue(() => marked().every(Number.isFinite), GHOST_DEADLINE_MS);
        const notes = [`the vanished members were awaited for ${Math.round(performance.now() - vanishedAt)} ms`];
        // The jump back is a second fault. It comes now, so that the new members at the end are judged by true clocks.
        jump();
        return {
          holds: { 'no member is marked away or removed': [...away, ...lost, ...pairs] },
          figures: { marked: marked() },
          notes,
        };
      },
    }),
});

export const clockRows: readonly Row[] = [clocks('60 s', 60_000), clocks('1 h', 3_600_000)];
