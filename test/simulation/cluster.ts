// The simulated cluster: nodes that come and go before one set of engines, and a load balancer in front of them.
import { createMemoryEngines, type MemoryEngines } from '../../src/engines.ts';
import type { Clock } from '../../src/ops/clock.ts';
import type { Logger } from '../../src/ops/logger.ts';
import type { MemoryLeaseStore } from '../../src/store/memory/lease-store-memory.ts';
import type { Dice } from './dice.ts';
import { Host } from './host.ts';
import type { Schedule } from './schedule.ts';
import { SimNode } from './sim-node.ts';

interface ClusterDeps {
  readonly schedule: Schedule;
  readonly dice: Dice;
  /** May wrap the engines, to break a promise of theirs. */
  readonly sabotage: (engines: MemoryEngines) => MemoryEngines;
  /** Receives each error that a node logs: each is a bug. */
  readonly onError: (error: string) => void;
}

/** `tail`: writes of the last `tail` milliseconds before the failure are lost, or everything. */
export interface Failover {
  readonly tail: number | 'everything';
  readonly outageMs: number;
}

export class Cluster {
  readonly engines: MemoryEngines;
  readonly #deps: ClusterDeps;
  /** The store's own clock. */
  readonly #clock: Clock;
  readonly #nodes: SimNode[] = [];
  #started = 0;

  constructor(deps: ClusterDeps) {
    this.#deps = deps;
    this.#clock = new Host(deps.schedule, { skewMs: 0, rate: 1 }).clock;
    this.engines = deps.sabotage(createMemoryEngines(this.#clock));
  }

  /** The running nodes, paused ones included. */
  get nodes(): readonly SimNode[] {
    return this.#nodes.filter(({ host }) => !host.isDead);
  }

  /** A node for a new connection. The balancer does not know which nodes are cut off. */
  balance(): SimNode | null {
    const open = this.nodes.filter(({ isOpen }) => isOpen);
    return open.length === 0 ? null : this.#deps.dice.pick(open);
  }

  /**
   * The store's server fails and another takes over, with an older state of the tables or with nothing. Meanwhile no
   * node reaches it. Afterwards every subscription has a possible gap.
   */
  failOver({ tail, outageMs }: Failover): void {
    const { schedule } = this.#deps;
    const { tables } = this.engines;
    const leases = this.engines.leases as MemoryLeaseStore;
    const kept = { rooms: tables.checkpoint(), leases: structuredClone(leases.tables) };
    schedule.in(tail === 'everything' ? 0 : tail, () => {
      for (const { link, feed } of this.nodes) {
        link.cut();
        feed.cut();
      }
      schedule.in(outageMs, () => {
        // Nodes may have started, or been healed of another fault, since. A server that fails breaks all links to it.
        for (const { link, feed } of this.nodes) {
          link.cut();
          feed.cut();
        }
        if (tail === 'everything') {
          tables.failOver();
          leases.failOver();
        } else {
          tables.failOver(kept.rooms);
          leases.failOver(kept.leases);
        }
        for (const { link, feed } of this.nodes) {
          link.heal();
          feed.heal();
        }
      });
    });
  }

  start(): SimNode {
    const { schedule, dice, onError } = this.#deps;
    const name = `node-${this.#started++}`;
    const logger = errorLogger(({ error }, message) => onError(`${name}: ${message}: ${describe(error)}`));
    const node = new SimNode({ name, schedule, dice: dice.fork(), engines: this.engines, logger });
    this.#nodes.push(node);
    return node;
  }
}

type Report = (fields: { readonly error?: unknown }, message: string) => void;

/** Warnings follow from faults; an error must not happen. */
function errorLogger(report: Report): Logger {
  const quiet = () => undefined;
  const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: report, child: () => logger };
  return logger;
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
