// Readiness by the store: whether the store was usable recently enough for new clients to be sent to this node.
import type { CancelTimer, Clock } from './clock.ts';
import { repeat } from './repeat.ts';

/** Short beside UNUSABLE_MAX_MS, and no load for a store. */
const ASK_INTERVAL_MS = 1_000;
/**
 * A store that restarts or fails over is away for all nodes at once. If that made them unready, balancers would drop
 * every node together, and nobody could connect anywhere. Longer than a failover (8 s) is an outage.
 */
export const UNUSABLE_MAX_MS = 10_000;

interface StoreWatchDeps {
  readonly clock: Clock;
  /** Whether the store answers and would accept a write. Never rejects. */
  readonly isUsable: () => Promise<boolean>;
}

/** Asks the store at its own pace, however often readiness is asked for. */
export class StoreWatch {
  readonly #deps: StoreWatchDeps;
  /** Since when every answer was no; null: the last answer was yes. A store that was never usable: since forever. */
  #unusableSince: number | null = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  #stopAsking: CancelTimer = () => undefined;

  constructor(deps: StoreWatchDeps) {
    this.#deps = deps;
  }

  /** Resolves after the first answer. */
  async start(): Promise<void> {
    await this.#ask();
    if (this.#isStopped) return;
    this.#stopAsking = repeat(this.#deps.clock, ASK_INTERVAL_MS, async () => {
      await this.#ask();
      return ASK_INTERVAL_MS;
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopAsking();
  }

  async #ask(): Promise<void> {
    const { clock, isUsable } = this.#deps;
    const askedAt = clock.monotonic();
    if (await isUsable()) this.#unusableSince = null;
    else this.#unusableSince ??= askedAt;
  }

  /** False when the store was not usable for UNUSABLE_MAX_MS without a break, or never. */
  get isUsable(): boolean {
    if (this.#unusableSince === null) return true;
    return this.#deps.clock.monotonic() - this.#unusableSince < UNUSABLE_MAX_MS;
  }
}
