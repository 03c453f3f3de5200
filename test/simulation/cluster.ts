// The simulated cluster: nodes that come and go before one set of engines, and a balancer in front of them. Must not know
// why they go.
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
  /** The store without its network; a test may have spoilt it. */
  readonly spoil: (engines: MemoryEngines) => MemoryEngines;
  /** Errors that nodes report: each is a bug. */
  readonly onError: (error: string) => void;
}

/** `tail`: what was written within so many milliseconds before the failure is lost, or everything. */
export interface Failover {
  readonly tail: number | 'everything';
  readonly outageMs: number;
}

export class Cluster {
  readonly engines: MemoryEngines;
  readonly #deps: ClusterDeps;
  /** The store's own. */
  readonly #clock: Clock;
  readonly #nodes: SimNode[] = [];
  #started = 0;

  constructor(deps: ClusterDeps) {
    this.#deps = deps;
    this.#clock = new Host(deps.schedule, { skewMs: 0, rate: 1 }).clock;
    this.engines = deps.spoil(createMemoryEngines(this.#clock));
  }

  /** Those that run, paused ones among them. */
  get nodes(): readonly SimNode[] {
    return this.#nodes.filter(({ host }) => !host.isDead);
  }

  /** A node that the balancer sends a new connection to: it cannot know who is cut off. */
  balance(): SimNode | null {
    const open = this.nodes.filter(({ isOpen }) => isOpen);
    return open.length === 0 ? null : this.#deps.dice.pick(open);
  }

  /**
   * The store's server fails and another takes over: with what it has of the tables, or with nothing.
   * Meanwhile nobody reaches it, and then every subscription has to be doubted.
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
        // Whoever has begun, or was healed of something else, since: a server that goes breaks all links to it.
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
    const logger = loudAbout(({ error }, message) => onError(`${name}: ${message}: ${describe(error)}`));
    const node = new SimNode({ name, schedule, dice: dice.fork(), engines: this.engines, logger });
    this.#nodes.push(node);
    return node;
  }
}

type Report = (fields: { readonly error?: unknown }, message: string) => void;

/** Warnings are what faults lead to; an error is what should not be. */
function loudAbout(report: Report): Logger {
  const quiet = () => undefined;
  const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: report, child: () => logger };
  return logger;
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
