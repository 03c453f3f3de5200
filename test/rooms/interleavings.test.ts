// The interleavings on the memory engine.
import { beforeEach, describe } from 'vitest';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { interleavingsContract } from './interleavings.contract.ts';
import { lostRepliesContract } from './lost-replies.contract.ts';
import { moderationRacesContract } from './moderation-races.contract.ts';

let engines: Engines;
beforeEach(() => {
  engines = createMemoryEngines(systemClock);
});

describe('memory engine: interleavings', () => interleavingsContract(() => engines));
describe('memory engine: lost replies', () => lostRepliesContract(() => engines));
describe('memory engine: moderation races', () => moderationRacesContract(() => engines));
