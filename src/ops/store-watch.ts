// Whether the store has been of use lately enough for new clients to be sent here. Must not know which store it is.
import type { CancelTimer, Clock } from './clock.ts';

/** A second's doubt is short beside the wait below, and a question a second is nothing to a store. */
const ASK_INTERVAL_MS = 1_000;
/**
 * A store that restarts or fails over is away on all nodes at once: if one blip made them all unready, nobody could come
 * in anywhere, and balancers would drop every node together. Longer than a failover takes (8 s), then it is an outage.
 */
export const UNUSABLE_MAX_MS = 10_000;

interface StoreWatchDeps {
  readonly clock: Clock;
  /** Whether the store answers and would take a write. Never rejects. */
  readonly isUsable: () => Promise<boolean>;
}

/** Asks the store by itself, so that how often others ask for readiness changes nothing. */
export class StoreWatch {
  readonly #deps: StoreWatchDeps;
  /** Since when every answer was no; null: the last one was yes. A store that was never of use has been away for ever. */
  #unusableSince: number | null = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  #cancel: CancelTimer = () => undefined;

  constructor(deps: StoreWatchDeps) {
    this.#deps = deps;
  }

  /** Resolves when it has been asked for the first time. */
  start(): Promise<void> {
    return this.#ask();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #ask(): Promise<void> {
    const { clock, isUsable } = this.#deps;
    const askedAt = clock.monotonic();
    if (await isUsable()) this.#unusableSince = null;
    else this.#unusableSince ??= askedAt;
    if (!this.#isStopped) this.#cancel = clock.after(ASK_INTERVAL_MS, () => void this.#ask());
  }

  /** False when the store has been of no use for UNUSABLE_MAX_MS without a break, or was of none from the start. */
  get isUsable(): boolean {
    if (this.#unusableSince === null) return true;
    return this.#deps.clock.monotonic() - this.#unusableSince < UNUSABLE_MAX_MS;
  }
}
