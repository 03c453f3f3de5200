// The parts of a server that have been started, and how to stop them in reverse order.
import type { Logger } from './logger.ts';

/** Collects started parts. Stops the newest first, and goes on when one fails to stop. */
export class Lifecycle {
  readonly #parts: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];
  readonly #logger: Logger;
  #stopping: Promise<void> | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  started(name: string, stop: () => Promise<void> | void): void {
    this.#parts.push({ name, stop });
  }

  get isStopping(): boolean {
    return this.#stopping !== null;
  }

  /** May be called again: every caller waits for the same stop. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of [...this.#parts].reverse()) {
      try {
        await stop();
      } catch (error) {
        this.#logger.error({ event: 'stop.failed', error, part: name }, 'A part did not stop cleanly.');
      }
    }
  }
}
