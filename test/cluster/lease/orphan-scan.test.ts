// The scan for orphaned rooms: one node at a time, step by step, only with a certain lease.
import { beforeEach, describe, expect, test } from 'vitest';
import { OrphanScan } from '../../../src/cluster/lease/orphan-scan.ts';
import { createLogger } from '../../../src/ops/logger.ts';
import { systemRandom } from '../../../src/ops/random.ts';
import type { RoomId } from '../../../src/protocol/ids.ts';
import type { LeaseStore } from '../../../src/store/lease-store.ts';
import { SCAN_INTERVAL_MS, type ScanStore } from '../../../src/store/scan-store.ts';
import { StoreUnavailableError } from '../../../src/store/store-errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { roomId } from '../../support/stored-room.ts';

const FIRST_SCAN_MAX_MS = 90_000;
const JITTER_MS = 60_000;
/** Three steps of one room each. */
const steps = ['one', 'two', 'three'].map(roomId);

let clock: ManualClock;
let lease: { isLeaseCertain: boolean };
let scans: { claim: () => Promise<boolean>; next: ScanStore['next'] };
/** The rooms of each step that was checked for orphans. */
let checked: (readonly RoomId[])[];
let scan: OrphanScan;

beforeEach(() => {
  clock = new ManualClock();
  lease = { isLeaseCertain: true };
  checked = [];
  scans = {
    claim: async () => true,
    next: async (position) => {
      const index = Number(position ?? 0);
      const room = steps[index];
      return { rooms: room ? [room] : [], position: index + 1 < steps.length ? String(index + 1) : null };
    },
  };
  const leases = {
    claimOrphans: async (rooms: readonly RoomId[]) => {
      checked.push(rooms);
      return rooms.length;
    },
  } as unknown as LeaseStore;
  scan = new OrphanScan({ scans, leases, lease, clock, random: systemRandom, logger: createLogger('silent') });
});

describe('[PRES-3] the scan for orphans', () => {
  test('checks all rooms, first within 90 s and then about every ten minutes', async () => {
    scan.start();
    await clock.advance(FIRST_SCAN_MAX_MS);
    expect(checked.flat()).toEqual(steps);
    await clock.advance(SCAN_INTERVAL_MS + JITTER_MS);
    expect(checked.flat()).toEqual([...steps, ...steps]);
    scan.close();
  });

  test('pauses between two steps, and stops there when it is closed', async () => {
    scan.start();
    while (checked.length === 0) await clock.advance(10);
    expect(checked).toHaveLength(1);
    await clock.advance(100);
    expect(checked.length).toBeGreaterThan(1);
    scan.close();
    const steps = checked.length;
    await clock.advance(2 * SCAN_INTERVAL_MS);
    expect(checked.length).toBeLessThanOrEqual(steps + 1);
  });

  test('is left to another node without a certain lease, or when it is not this node’s turn', async () => {
    lease.isLeaseCertain = false;
    scan.start();
    await clock.advance(FIRST_SCAN_MAX_MS);
    lease.isLeaseCertain = true;
    scans.claim = async () => false;
    await clock.advance(SCAN_INTERVAL_MS + JITTER_MS);
    expect(checked).toEqual([]);
    scans.claim = async () => true;
    await clock.advance(SCAN_INTERVAL_MS + JITTER_MS);
    expect(checked.length).toBeGreaterThan(0);
    scan.close();
  });

  test('is tried again after the store did not answer', async () => {
    scans.claim = () => Promise.reject(new StoreUnavailableError('away'));
    scan.start();
    await clock.advance(FIRST_SCAN_MAX_MS);
    scans.claim = async () => true;
    await clock.advance(SCAN_INTERVAL_MS + JITTER_MS);
    expect(checked.flat()).toEqual(steps);
    scan.close();
  });
});
