// How a node's memory grows: its heap after garbage collection, and its resident memory.
import { fileURLToPath } from 'node:url';
import { monotonicMs } from '../../bench/monotonic.ts';
import type { ClusterNode } from './cluster.ts';
import { isAlive, memoryOf } from './node-metrics.ts';

/** Environment of nodes whose memory is measured: a signal makes them collect their garbage. */
export const measurable = {
  NODE_OPTIONS: `--import=${fileURLToPath(new URL('./collect-garbage.mjs', import.meta.url))}`,
};

const HOUR_MS = 3_600_000;
const MB_PER_MIB = 1.048576;
/** Fewer samples show no trend. */
const SAMPLES_MIN = 5;
const LOOKS_TOLD = 12;
/** Memory that finalizers release in one collection is freed only by the next. */
const COLLECTIONS = 3;

interface Sample {
  readonly at: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
}

export class Growth {
  readonly #node: ClusterNode;
  readonly #samples: Sample[] = [];

  constructor(node: ClusterNode) {
    this.#node = node;
  }

  async sample(): Promise<void> {
    for (let times = 0; times < COLLECTIONS; times++) {
      this.#node.server.process.kill('SIGWINCH');
      // Once the node has answered this, its event loop has turned since the signal: signals come last in a turn.
      await isAlive(this.#node);
    }
    this.#samples.push({ at: monotonicMs(), ...(await memoryOf(this.#node)) });
  }

  /** Growth in MB an hour after warm-up; empty after too short a time. */
  get heapPerHour(): number[] {
    return this.#slope(({ heapMiB }) => heapMiB);
  }

  get rssPerHour(): number[] {
    return this.#slope(({ rssMiB }) => rssMiB);
  }

  /** The heap at the last look, MB. */
  get heap(): number[] {
    return this.#samples.slice(-1).map(({ heapMiB }) => heapMiB * MB_PER_MIB);
  }

  /** The heap over time, MB: some looks, evenly spread. */
  get course(): string {
    const step = Math.max(1, Math.ceil(this.#samples.length / LOOKS_TOLD));
    const shown = this.#samples.filter((_, index) => index % step === 0);
    return shown.map(({ heapMiB }) => (heapMiB * MB_PER_MIB).toFixed(1)).join(', ');
  }

  /** Least squares over the second half. */
  #slope(value: (sample: Sample) => number): number[] {
    const half = this.#samples.slice(this.#samples.length >> 1);
    if (half.length < SAMPLES_MIN) return [];
    const mean = (of: (sample: Sample) => number) => half.reduce((sum, one) => sum + of(one), 0) / half.length;
    const [meanAt, meanValue] = [mean(({ at }) => at), mean(value)];
    const over = half.reduce((sum, one) => sum + (one.at - meanAt) * (value(one) - meanValue), 0);
    const under = half.reduce((sum, one) => sum + (one.at - meanAt) ** 2, 0);
    return [(over / under) * HOUR_MS * MB_PER_MIB];
  }
}
