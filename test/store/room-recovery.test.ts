// The memory engine keeps the contract of room recovery. The test sets its clock and makes its tables fail over.
import { beforeEach, describe } from 'vitest';
import { createMemoryEngines, type MemoryEngines } from '../../src/engines.ts';
import type { Checkpoint } from '../../src/store/memory/tables-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Loss, roomRecoveryContract } from './room-recovery.contract.ts';

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

describe('memory engine: room recovery', () =>
  roomRecoveryContract(
    () => engines,
    () => loss,
  ));
