// Faults of a Cluster: slots that move under load, a lost reply, a master that dies. Callers notice none for longer
// than they must.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { createKeys } from '../../src/redis/keys.ts';
import { slotOf, textInSlot } from '../../src/redis/slots.ts';
import { OutcomeUnknownError } from '../../src/store/store-errors.ts';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { roomId, uniqueId, userId } from '../support/stored-room.ts';
import { BLACK_HOLE, linkOf } from '../support/tcp-proxy.ts';
import { RoomLoad } from './room-load.ts';

const SILENCE_MS = 5_000;
const keys = createKeys('mw');
let cluster: RedisCluster;
let writer: Engines;
let listener: Engines;

beforeAll(async () => {
  cluster = await startRedisCluster({ withReplicas: true, nodeTimeoutMs: 1_000 });
  writer = await redisEngines(cluster.topology);
  listener = await redisEngines(cluster.topology);
});

afterAll(async () => {
  for (const engines of [writer, listener]) engines?.close();
  await cluster?.stop();
});

/** The name of a room in a slot of the n-th master. */
function roomAt(index: number): string {
  let name = uniqueId('room');
  while (Math.floor((slotOf(`{${name}}`) * 3) / 16_384) !== index) name = uniqueId('room');
  return name;
}

const loadAt = (index: number) => new RoomLoad({ writer, listener }, roomAt(index)).start();

describe('slots that move under load', () => {
  test('[D4][D8] MOVED, ASK and TRYAGAIN reach no caller, and no room is silent for 5 s', async () => {
    const load = await loadAt(0);
    await load.further(20);
    const slot = slotOf(`{${load.id}}`);
    const [home, second, third] = cluster.masters as [ClusterNode, ClusterNode, ClusterNode];
    // Some keys here, some there: until the others follow, every script of the room gets TRYAGAIN.
    await cluster.moveSlot(slot, second);
    await load.further(20);
    await cluster.moveSlot(slot, third);
    await load.further(20);
    await cluster.moveSlot(slot, home);
    await load.further(20);
    await load.stop();
    expect(load.failed).toBe(0);
    expect(load.silenceMs).toBeLessThan(SILENCE_MS);
    expect(load.gaps).toBeGreaterThan(0);
  });

  test('[D4] a room that moved away and back between two reads of the map is subscribed again', async () => {
    const load = await loadAt(0);
    await load.further(5);
    const slot = slotOf(`{${load.id}}`);
    const [home, second] = cluster.masters as [ClusterNode, ClusterNode];
    await cluster.moveSlot(slot, second);
    await cluster.moveSlot(slot, home);
    await load.further(10);
    await load.stop();
    expect(load.silenceMs).toBeLessThan(SILENCE_MS);
  });

  test('[D8] a script whose keys are on two servers waits for them, but not forever', async () => {
    const load = await loadAt(0);
    await load.further(5);
    const [home, second] = cluster.masters as [ClusterNode, ClusterNode];
    const slot = slotOf(`{${load.id}}`);
    const refusals = async () =>
      Number(/errorstat_TRYAGAIN:count=(\d+)/.exec(await home.redis.info('errorstats'))?.[1] ?? 0);
    const before = await refusals();
    const refused = () => expect.poll(refusals, { interval: 5 }).toBeGreaterThan(before + 1);
    await cluster.moveSlot(slot, second, refused);
    await load.further(5);
    expect(load.failed).toBe(0);
    const failed = () => expect.poll(() => load.failed, { timeout: 3_000, interval: 5 }).toBeGreaterThan(0);
    await cluster.moveSlot(slot, home, failed);
    await load.further(5);
    await load.stop();
    expect(load.outageMs).toBeLessThan(2_500);
    expect([...load.failures.keys()]).toEqual(['StoreUnavailableError']);
  });

  test('[D4] a room whose keys move before its slot has possible gaps all the time', async () => {
    const load = await loadAt(0);
    await load.further(5);
    const slot = slotOf(`{${load.id}}`);
    const [home, second] = cluster.masters as [ClusterNode, ClusterNode];
    await second.redis.cluster('SETSLOT', slot, 'IMPORTING', home.id);
    await home.redis.cluster('SETSLOT', slot, 'MIGRATING', second.id);
    const found = (await home.redis.cluster('GETKEYSINSLOT', slot, 100)) as string[];
    await home.redis.call('MIGRATE', '127.0.0.1', second.port, '', 0, 5_000, 'KEYS', ...found);
    const before = load.gaps;
    // The room is found there, under another replication id.
    await expect.poll(() => load.recoveries, { timeout: 2_000, interval: 5 }).toBeGreaterThan(0);
    await expect.poll(() => load.gaps - before, { timeout: SILENCE_MS + 3_000, interval: 20 }).toBeGreaterThan(1);
    for (const { redis } of [second, home]) await redis.cluster('SETSLOT', slot, 'NODE', second.id);
    await load.further(10);
    await load.stop();
    // It cannot be recovered before all of its slot is there: recovery needs a key that is at neither server.
    expect([...load.failures.keys()].filter((name) => name !== 'StoreUnavailableError')).toEqual([]);
    expect(load.silenceMs).toBeLessThan(SILENCE_MS);
  });
});

describe('links of a Cluster', () => {
  test('[ACK-3][D8] a write whose reply is lost is done once', async () => {
    const room = roomAt(1);
    const user = userId('alice');
    const { proxy, server } = await cluster.ownerOf(slotOf(`{${room}}`));
    for (const link of proxy.links())
      if (link.firstText.includes('maiwei-commands')) link.weather = { holes: ['toClient'] };
    await expect(writer.attempts.attempt(roomId(room), user)).rejects.toBeInstanceOf(OutcomeUnknownError);
    const again = () => writer.attempts.attempt(roomId(room), userId('bob'));
    await expect
      .poll(
        () =>
          again().then(
            () => true,
            () => false,
          ),
        { timeout: 5_000 },
      )
      .toBe(true);
    const redis = new Redis(server.url);
    expect(await redis.get(keys.attempts(room, user))).toBe('1');
    redis.disconnect();
  });

  test('[SYNC-3][D4] a feed whose link to one master is in a black hole is back within 5 s', async () => {
    const load = await loadAt(2);
    await load.further(5);
    const { proxy } = await cluster.ownerOf(slotOf(`{${load.id}}`));
    for (const link of proxy.links()) if (link.firstText.includes('maiwei-subscriptions')) link.weather = BLACK_HOLE;
    expect(linkOf(proxy, 'maiwei-subscriptions').weather).toBe(BLACK_HOLE);
    await expect.poll(() => load.gaps, { timeout: SILENCE_MS, interval: 20 }).toBeGreaterThan(0);
    await load.further(5);
    await load.stop();
    expect(load.silenceMs).toBeLessThan(SILENCE_MS);
  });
});

describe('a master that dies', () => {
  test('[ACK-4][D4][D8] other rooms go on, its own get news again from the replica that takes over', async () => {
    const [hit, other] = await Promise.all([loadAt(2), loadAt(1)]);
    await Promise.all([hit.further(10), other.further(10)]);
    const dead = await cluster.ownerOf(slotOf(`{${hit.id}}`));
    dead.server.process.kill('SIGKILL');
    await expect.poll(() => hit.outageMs, { timeout: 15_000, interval: 20 }).toBeGreaterThan(500);
    await Promise.all([hit.further(30), other.further(30)]);
    await Promise.all([hit.stop(), other.stop()]);
    expect(hit.outageMs).toBeLessThan(8_000);
    expect(hit.gaps).toBeGreaterThan(0);
    expect(other.failed).toBe(0);
    expect(await writer.isHealthy()).toBe(true);
    expect((await writer.liveReplicationIds()).size).toBe(3);
  });
});

test('[D8] slots are computed as Redis computes them', async () => {
  const [{ redis }] = cluster.masters as [ClusterNode];
  const names = [
    '',
    'a',
    'mw:{room}:stage',
    'mw:{user:alice}:sessions',
    '{}x',
    'x{y',
    '{a}{b}',
    '麦位',
    'mw:users:revoked',
  ];
  for (const name of names) expect(slotOf(name), name).toBe(await redis.cluster('KEYSLOT', name));
  for (const slot of [0, 1, 5_461, 16_383]) expect(slotOf(textInSlot(slot))).toBe(slot);
});
