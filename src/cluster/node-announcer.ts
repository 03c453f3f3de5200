// Says every few seconds that this node is there and what it has to do. Must not know who listens.
import type { CancelTimer, Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import { NODE_ANNOUNCE_INTERVAL_MS, type NodeEntry, type NodeStore } from '../store/node-store.ts';

interface NodeAnnouncerDeps {
  readonly nodes: NodeStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class NodeAnnouncer {
  readonly #deps: NodeAnnouncerDeps;
  readonly #describe: () => NodeEntry;
  #next: CancelTimer = () => undefined;

  constructor(deps: NodeAnnouncerDeps, describe: () => NodeEntry) {
    this.#deps = deps;
    this.#describe = describe;
  }

  /** Announces the node now and from now on. */
  async start(): Promise<void> {
    this.#announceLater();
    await this.#announce();
  }

  async stop(): Promise<void> {
    this.#next();
    await this.#deps.nodes.remove(this.#describe().nodeId).catch(this.#warn);
  }

  #announceLater(): void {
    this.#next = this.#deps.clock.after(NODE_ANNOUNCE_INTERVAL_MS, () => {
      this.#announceLater();
      void this.#announce();
    });
  }

  #announce(): Promise<void> {
    return this.#deps.nodes.announce(this.#describe()).catch(this.#warn);
  }

  readonly #warn = (error: unknown): void => {
    this.#deps.logger.warn({ error }, 'the list of nodes could not be told; it will be, the next time');
  };
}
