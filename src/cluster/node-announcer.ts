// Says every few seconds that this node is there and what it has to do. Must not know who listens.
import type { CancelTimer, Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import { NODE_ANNOUNCE_INTERVAL_MS, type NodeEntry, type NodeStore } from '../store/node-store.ts';

interface Parts {
  readonly nodes: NodeStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class NodeAnnouncer {
  readonly #parts: Parts;
  readonly #describe: () => NodeEntry;
  #next: CancelTimer = () => undefined;

  constructor(parts: Parts, describe: () => NodeEntry) {
    this.#parts = parts;
    this.#describe = describe;
  }

  /** Announces the node now and from now on. */
  async start(): Promise<void> {
    this.#announceLater();
    await this.#announce();
  }

  async stop(): Promise<void> {
    this.#next();
    await this.#parts.nodes.remove(this.#describe().nodeId).catch(this.#warn);
  }

  #announceLater(): void {
    this.#next = this.#parts.clock.after(NODE_ANNOUNCE_INTERVAL_MS, () => {
      this.#announceLater();
      void this.#announce();
    });
  }

  #announce(): Promise<void> {
    return this.#parts.nodes.announce(this.#describe()).catch(this.#warn);
  }

  readonly #warn = (error: unknown): void => {
    this.#parts.logger.warn({ error }, 'the list of nodes could not be told; it will be, the next time');
  };
}
