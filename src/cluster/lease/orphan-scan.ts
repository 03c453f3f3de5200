// The last resort: from time to time one node of the cluster looks through all rooms for those that nobody holds and nobody
// is to look after (PRES-3). A store that fails over can lose that a node held a room, and the node may be gone as well; then
// nothing else leads there. Must not know what is due in a room.
import type { CancelTimer, Clock } from '../../ops/clock.ts';
import type { Logger } from '../../ops/logger.ts';
import type { Random } from '../../ops/random.ts';
import type { LeaseGuard } from '../../store/guarded-stores.ts';
import type { LeaseStore } from '../../store/lease-store.ts';
import { SCAN_INTERVAL_MS, type ScanStore } from '../../store/scan-store.ts';

/** Between two steps: so neither the store nor this node is held up, and ten thousand rooms take about 15 s. */
const PAUSE_MS = 50;
/** After all nodes have been away nobody should wait for ten minutes. */
const FIRST_MS = { min: 30_000, max: 90_000 } as const;
/** Of nodes that began at once not all try at once; less than the claim leaves room for. */
const JITTER_MS = 60_000;

interface OrphanScanDeps {
  readonly scans: ScanStore;
  readonly leases: LeaseStore;
  readonly lease: LeaseGuard;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export class OrphanScan {
  readonly #deps: OrphanScanDeps;
  #isClosed = false;
  #cancel: CancelTimer = () => undefined;

  constructor(deps: OrphanScanDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#later(this.#deps.random.integer(FIRST_MS.min, FIRST_MS.max));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #later(delayMs: number): void {
    if (this.#isClosed) return;
    this.#cancel = this.#deps.clock.after(delayMs, () => {
      const { random, logger } = this.#deps;
      this.#scan()
        .catch((error: unknown) => logger.warn({ error }, 'the rooms could not be looked through; later again'))
        .finally(() => this.#later(SCAN_INTERVAL_MS + random.integer(-JITTER_MS, JITTER_MS)));
    });
  }

  /** Whoever may not write now leaves it to another. */
  async #scan(): Promise<void> {
    const { scans, leases, lease, logger } = this.#deps;
    if (!lease.isLeaseCertain || !(await scans.claim())) return;
    let adopted = 0;
    let position: string | null = null;
    do {
      const step = await scans.next(position);
      adopted += await leases.claimOrphans(step.rooms);
      position = step.position;
      if (position !== null) await this.#pause();
    } while (position !== null && !this.#isClosed);
    if (adopted > 0) logger.warn({ rooms: adopted }, 'rooms were found that nobody held; they are looked after now');
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.clock.after(PAUSE_MS, resolve);
    });
  }
}
