// Faults behind Sentinels: a lost reply, a master that dies, one that steps down. Commands find the new master.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { createKeys } from '../../src/redis/keys.ts';
import { OutcomeUnknownError } from '../../src/store/store-errors.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type SentinelGroup, startSentinelGroup } from '../support/redis-sentinel.ts';
import { roomId, uniqueId, userId } from '../support/stored-room.ts';
import { linkOf } from '../support/tcp-proxy.ts';
import { RoomLoad } from './room-load.ts';

const OUTAGE_MS = 8_000;
let group: SentinelGroup;
let writer: Engines;
let listener: Engines;

beforeAll(async () => {
  group = await startSentinelGroup({ replicas: 2, downAfterMs: 1_000 });
  writer = await redisEngines(group.topology);
  listener = await redisEngines(group.topology);
});

afterAll(async () => {
  for (const engines of [writer, listener]) engines?.close();
  await group?.stop();
});

describe('by Sentinels', () => {
  test('[ACK-3][D8] a write whose reply is lost is done once', async () => {
    const [room, user] = [roomId(uniqueId('room')), userId('alice')];
    const { proxy, url } = await group.master();
    const before = linkOf(proxy, 'maiwei-commands');
    // Each of the two nodes has such a link, and both may lose it.
    for (const link of proxy.links())
      if (link.firstText.includes('maiwei-commands')) link.weather = { holes: ['toClient'] };
    await expect(writer.attempts.attempt(room, user)).rejects.toBeInstanceOf(OutcomeUnknownError);
    await expect.poll(() => linkOf(proxy, 'maiwei-commands') !== before, { timeout: 5_000 }).toBe(true);
    await expect.poll(() => writer.isHealthy(), { timeout: 5_000 }).toBe(true);
    const redis = new Redis(url);
    expect(await redis.get(createKeys('mw').attempts(room, user))).toBe('1');
    redis.disconnect();
  });

  test('[ACK-4][D8] links leave a master that steps down, and its READONLY does not fail commands for long', async () => {
    const load = await new RoomLoad({ writer, listener }).start();
    await load.further(10);
    const [before] = await writer.liveReplicationIds();
    const old = await group.master();
    await group.failOver();
    await expect.poll(() => group.master().then((one) => one !== old), { timeout: 10_000 }).toBe(true);
    await load.further(30);
    await load.stop();
    expect(load.outageMs).toBeLessThan(OUTAGE_MS);
    expect(load.silenceMs).toBeLessThan(OUTAGE_MS);
    expect(load.gaps).toBeGreaterThan(0);
    await expect
      .poll(() => writer.liveReplicationIds().then((all) => [...all]), { timeout: 5_000 })
      .not.toEqual([before]);
  });

  test('[ACK-4][D4][D8] another master takes over from a dead one, and every feed has a possible gap', async () => {
    // The old master has to become a replica before another may take over.
    await expect.poll(() => replicasOf(group), { timeout: 15_000 }).toBe(2);
    const load = await new RoomLoad({ writer, listener }).start();
    await load.further(10);
    const ids = await writer.liveReplicationIds();
    const dead = await group.master();
    dead.process.kill('SIGKILL');
    await expect.poll(() => group.master().then((one) => one !== dead), { timeout: 15_000 }).toBe(true);
    await load.further(30);
    await load.stop();
    expect(load.outageMs).toBeLessThan(OUTAGE_MS);
    expect(load.gaps).toBeGreaterThan(0);
    const after = await writer.liveReplicationIds();
    expect(after.size).toBe(1);
    for (const id of after) expect(ids.has(id)).toBe(false);
    expect(await writer.isHealthy()).toBe(true);
  });
});

async function replicasOf({ master }: SentinelGroup): Promise<number> {
  const redis = new Redis((await master()).url);
  const text = await redis.info('replication');
  redis.disconnect();
  return text.match(/state=online/g)?.length ?? 0;
}
