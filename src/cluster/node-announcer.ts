// Announces every few seconds that this node is there, and how much it has to do. Operators read the list.
import type { Ambient } from '../ops/ambient.ts';
import type { CancelTimer } from '../ops/clock.ts';
import { every } from '../ops/repeat.ts';
import { NODE_ANNOUNCE_INTERVAL_MS, type NodeEntry, type NodeStore } from '../store/node-store.ts';

interface NodeAnnouncerDeps extends Pick<Ambient, 'clock' | 'logger'> {
  readonly nodes: NodeStore;
}

export class NodeAnnouncer {
  readonly #deps: NodeAnnouncerDeps;
  readonly #describe: () => NodeEntry;
  #cancel: CancelTimer = () => undefined;

  constructor(deps: NodeAnnouncerDeps, describe: () => NodeEntry) {
    this.#deps = deps;
    this.#describe = describe;
  }

  /** Announces the node now and from now on. Resolves after the first attempt, even if it failed. */
  async start(): Promise<void> {
    this.#cancel = every(this.#deps.clock, NODE_ANNOUNCE_INTERVAL_MS, () => void this.#announce());
    await this.#announce();
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.#deps.nodes.remove(this.#describe().nodeId).catch(this.#warn);
  }

  #announce(): Promise<void> {
    return this.#deps.nodes.announce(this.#describe()).catch(this.#warn);
  }

  readonly #warn = (error: unknown): void => {
    this.#deps.logger.warn(
      { event: 'node.announce.retry', error },
      'The list of nodes could not be updated this time.',
    );
  };
}
