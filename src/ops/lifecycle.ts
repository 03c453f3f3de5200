// Starting in order and stopping in reverse. Knows parts only by name and by how to stop them.
import type { Logger } from './logger.ts';

export interface Part {
  readonly name: string;
  stop(): Promise<void> | void;
}

/** Collects what has been started; stops the newest first, each even if another one fails. */
export class Lifecycle {
  readonly #deps: Part[] = [];
  readonly #logger: Logger;
  #stopping: Promise<void> | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  started(name: string, stop: Part['stop']): void {
    this.#deps.push({ name, stop });
  }

  get isStopping(): boolean {
    return this.#stopping !== null;
  }

  /** Idempotent: every caller waits for the same stop. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of [...this.#deps].reverse()) {
      try {
        await stop();
      } catch (error) {
        this.#logger.error({ error, part: name }, 'a part did not stop cleanly');
      }
    }
  }
}
