// The memory engine keeps the contract of settling; its clock is set, and its tables fail over when told to.
import { beforeEach, describe } from 'vitest';
import { createMemoryEngines, type MemoryEngines } from '../../src/engines.ts';
import type { Checkpoint } from '../../src/store/memory/tables-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Loss, settlementContract } from './room-recovery.contract.ts';

let clock: ManualClock;
let engines: MemoryEngines;
let noted: Checkpoint;

beforeEach(() => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
});

const loss: Loss = {
  async checkpoint() {
    noted = engines.tables.checkpoint();
  },
  async failOver(what) {
    const kept = { checkpoint: () => noted, everything: () => engines.tables.checkpoint(), nothing: () => new Map() };
    engines.tables.failOver(kept[what]());
  },
  pass: (ms) => clock.advance(ms),
};

describe('memory engine: settling', () =>
  settlementContract(
    () => engines,
    () => loss,
  ));
