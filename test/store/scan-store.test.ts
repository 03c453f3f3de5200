// The memory engine keeps the contract of the scan.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type MemoryEngines } from '../../src/engines.ts';
import { SCAN_CLAIM_MS } from '../../src/store/scan-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { scanStoreContract } from './scan-store.contract.ts';

let clock: ManualClock;
let engines: MemoryEngines;

beforeEach(() => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
});

describe('memory engine: scan', () => {
  scanStoreContract(() => engines);

  test('[SC1] one node at a time', async () => {
    const { scans } = engines;
    expect([await scans.claim(), await scans.claim()]).toEqual([true, false]);
    await clock.advance(SCAN_CLAIM_MS - 1);
    expect(await scans.claim()).toBe(false);
    await clock.advance(1);
    expect([await scans.claim(), await scans.claim()]).toEqual([true, false]);
  });
});
