// The interleavings on the memory engine.
import { beforeEach, describe } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { systemClock } from '../../../src/ops/clock.ts';
import { interleavingsContract } from './turn.interleavings.contract.ts';
import { lostRepliesContract } from './turn.lost-replies.contract.ts';
import { moderationRacesContract } from './turn.moderation-races.contract.ts';

let engines: Engines;
beforeEach(() => {
  engines = createMemoryEngines(systemClock);
});

describe('memory engine: interleavings', () => interleavingsContract(() => engines));
describe('memory engine: lost replies', () => lostRepliesContract(() => engines));
describe('memory engine: moderation races', () => moderationRacesContract(() => engines));
