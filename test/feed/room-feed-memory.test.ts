// The memory engine of the room feed keeps the contract.
import { beforeEach, describe } from 'vitest';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { roomFeedContract } from './room-feed.contract.ts';

let engines: Engines;
beforeEach(() => {
  engines = createMemoryEngines(systemClock);
});

describe('memory engine: feed', () => roomFeedContract(() => engines));
