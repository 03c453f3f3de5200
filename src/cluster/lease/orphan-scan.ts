// The last resort (PRES-3): from time to time one node of the cluster scans all rooms for orphans. A store that fails
// over can lose that a node held a room. If that node is dead as well, nothing else leads to the room.
import type { Ambient } from '../../ops/ambient.ts';
import type { CancelTimer } from '../../ops/clock.ts';
import { pause, repeat } from '../../ops/repeat.ts';
import type { LeaseGuard } from '../../store/guarded-stores.ts';
import type { LeaseStore } from '../../store/lease-store.ts';
import { SCAN_INTERVAL_MS, type ScanStore } from '../../store/scan-store.ts';

/** Between two steps, so that neither the store nor this node is held up. Ten thousand rooms take about 15 s. */
const STEP_PAUSE_MS = 50;
/** The first scan is early: when all nodes were away, nobody should wait ten minutes for it. */
const FIRST_SCAN_MS = { min: 30_000, max: 90_000 } as const;
/** Nodes that started together do not all try together. Less than SCAN_INTERVAL_MS − SCAN_CLAIM_MS. */
const JITTER_MS = 60_000;

interface OrphanScanDeps extends Ambient {
  readonly scans: ScanStore;
  readonly leases: LeaseStore;
  readonly lease: LeaseGuard;
}

export class OrphanScan {
  readonly #deps: OrphanScanDeps;
  #isClosed = false;
  #stop: CancelTimer = () => undefined;

  constructor(deps: OrphanScanDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, random, logger } = this.#deps;
    this.#stop = repeat(clock, random.integer(FIRST_SCAN_MS.min, FIRST_SCAN_MS.max), async () => {
      await this.#scan().catch((error: unknown) => {
        logger.warn({ event: 'orphans.scan.retry', error }, 'The rooms could not be scanned for orphans this time.');
      });
      return SCAN_INTERVAL_MS + random.integer(-JITTER_MS, JITTER_MS);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  /** A node that may not write now leaves the scan to another. */
  async #scan(): Promise<void> {
    const { scans, leases, lease, clock, logger } = this.#deps;
    if (!lease.isLeaseCertain || !(await scans.claim())) return;
    let rooms = 0;
    let position: string | null = null;
    do {
      const step = await scans.next(position);
      rooms += await leases.claimOrphans(step.rooms);
      position = step.position;
      if (position !== null) await pause(clock, STEP_PAUSE_MS);
    } while (position !== null && !this.#isClosed);
    if (rooms > 0)
      logger.warn({ event: 'orphans.found', rooms }, 'Orphaned rooms were found; nodes look after them now.');
  }
}
