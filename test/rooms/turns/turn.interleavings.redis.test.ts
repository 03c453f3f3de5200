// The interleavings on Redis.
import { afterAll, beforeAll, describe } from 'vitest';
import type { Engines } from '../../../src/engines.ts';
import { redisEngines } from '../../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { interleavingsContract } from './turn.interleavings.contract.ts';
import { lostRepliesContract } from './turn.lost-replies.contract.ts';
import { moderationRacesContract } from './turn.moderation-races.contract.ts';

let server: RedisServer;
let engines: Engines;

beforeAll(async () => {
  server = await startRedis();
  engines = await redisEngines(server.url);
});

afterAll(async () => {
  engines?.close();
  await server?.stop();
});

describe('Redis engine: interleavings', () => interleavingsContract(() => engines));
describe('Redis engine: lost replies', () => lostRepliesContract(() => engines));
describe('Redis engine: moderation races', () => moderationRacesContract(() => engines));
