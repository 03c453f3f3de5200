// The load balancer of the harness: asks every node whether it is ready, and names the ready ones in turn.
import type { ClusterNode } from './cluster.ts';

const LOOK_INTERVAL_MS = 300;
const LOOK_DEADLINE_MS = 1_000;

export class Directory {
  readonly #nodes: () => readonly ClusterNode[];
  #ready: ClusterNode[] = [];
  #timer: NodeJS.Timeout | null = null;
  #turn = 0;

  constructor(nodes: () => readonly ClusterNode[]) {
    this.#nodes = nodes;
  }

  start(): void {
    this.#ready = [...this.#nodes()];
    this.#timer = setInterval(() => void this.look(), LOOK_INTERVAL_MS);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** The node to connect to next. When none is ready, it is any node: a client tries all the same. */
  pick(): ClusterNode {
    const among = this.#ready.length > 0 ? this.#ready : this.#nodes();
    const node = among[this.#turn++ % among.length];
    if (!node) throw new Error('there are no nodes');
    return node;
  }

  async look(): Promise<void> {
    const nodes = [...this.#nodes()];
    const answers = await Promise.all(nodes.map((node) => isReady(node)));
    this.#ready = nodes.filter((node, index) => answers[index] && node.state !== 'dead');
  }
}

async function isReady({ server, state }: ClusterNode): Promise<boolean> {
  if (state === 'dead') return false;
  try {
    const { status } = await fetch(`${server.opsUrl}/readyz`, { signal: AbortSignal.timeout(LOOK_DEADLINE_MS) });
    return status === 200;
  } catch {
    return false;
  }
}
