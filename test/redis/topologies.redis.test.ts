// Every contract of the Redis engines holds behind Sentinels and in a Cluster, too.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { type Address, addressText, type RedisTopology } from '../../src/redis/topology.ts';
import { roomFeedContract } from '../feed/room-feed.contract.ts';
import { interleavingsContract } from '../rooms/turns/turn.interleavings.contract.ts';
import { lostRepliesContract } from '../rooms/turns/turn.lost-replies.contract.ts';
import { accountStoreContract } from '../store/account-store.contract.ts';
import { attemptStoreContract } from '../store/attempt-store.contract.ts';
import { chatCapContract } from '../store/chat-cap.contract.ts';
import { directoryStoreContract } from '../store/directory-store.contract.ts';
import { messageStoreContract } from '../store/message-store.contract.ts';
import { presenceCrowdContract } from '../store/presence-crowd.contract.ts';
import { presencePagesContract } from '../store/presence-pages.contract.ts';
import { presenceStoreContract } from '../store/presence-store.contract.ts';
import { roomStoreContract } from '../store/room-store.contract.ts';
import { sanctionStoreContract } from '../store/sanction-store.contract.ts';
import { scanStoreContract } from '../store/scan-store.contract.ts';
import { connectAs } from '../support/app-client.ts';
import { freePort } from '../support/free-port.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { startSentinelGroup } from '../support/redis-sentinel.ts';
import { nodeId, roomId, userId } from '../support/stored-room.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

interface Group {
  readonly topology: RedisTopology;
  stop(): Promise<void>;
}

const groups: Readonly<Record<string, { readonly start: () => Promise<Group>; readonly masters: number }>> = {
  Sentinel: { start: () => startSentinelGroup({ replicas: 1 }), masters: 1 },
  Cluster: { start: () => startRedisCluster(), masters: 3 },
};

function environmentOf(topology: RedisTopology): Record<string, string> {
  const text = (list: readonly Address[]) => list.map(addressText).join();
  if (topology.kind === 'cluster') return { REDIS_CLUSTER: text(topology.nodes), REDIS_PREFIX: 'app' };
  if (topology.kind === 'standalone') return { REDIS_URL: topology.url, REDIS_PREFIX: 'app' };
  const { sentinels, name, sentinelAccess } = topology;
  return {
    REDIS_SENTINELS: text(sentinels),
    REDIS_SENTINEL_NAME: name,
    REDIS_SENTINEL_PASSWORD: sentinelAccess.password ?? '',
    REDIS_PREFIX: 'app',
  };
}

describe.each(Object.entries(groups))('%s', (_, { start, masters }) => {
  let group: Group;
  let engines: Engines;
  const fresh: Engines[] = [];

  beforeAll(async () => {
    group = await start();
    engines = await redisEngines(group.topology);
  });

  afterAll(async () => {
    for (const one of [engines, ...fresh]) one?.close();
    await group?.stop();
  });

  const roomStore = () =>
    roomStoreContract(
      () => engines,
      async () => undefined,
    );
  describe('room store', roomStore);
  describe('presence store', () => presenceStoreContract(() => engines));
  describe('a crowd of joins and leaves', () => presenceCrowdContract(() => engines));
  describe('pages of members', () => presencePagesContract(() => engines));
  describe('message store', () => messageStoreContract(() => engines));
  describe('the cap on chat', () => chatCapContract(() => engines));
  describe('account store', () => accountStoreContract(() => engines));
  describe('attempts', () => attemptStoreContract(() => engines));
  describe('sanctions', () => sanctionStoreContract(() => engines));
  describe('feed', () => roomFeedContract(() => engines));
  describe('interleavings', () => interleavingsContract(() => engines));
  describe('lost replies', () => lostRepliesContract(() => engines));
  describe('scan', () => scanStoreContract(() => engines));
  describe('directory', () =>
    directoryStoreContract(async () => {
      const one = await redisEngines(group.topology, `fresh${fresh.length}`);
      fresh.push(one);
      return one;
    }));

  test('[MSG-5][CONF-6] servers that are configured so reach each other’s users', async () => {
    const environment = environmentOf(group.topology);
    const apps = await Promise.all([startTestApp(environment), startTestApp(environment)]);
    const [here, there] = apps as [TestApp, TestApp];
    const alice = await connectAs(here.url, 'alice');
    there.serviceMessages.toUser(userId('alice'), { kind: 'hello', body: {} });
    const kinds = () => alice.payloadsOf('service:message').map(({ kind }) => kind);
    await expect.poll(kinds, { timeout: 5_000 }).toEqual(['hello']);
    alice.close();
    for (const app of apps) await app.stop();
  });

  test('[D8] nodes have leases', async () => {
    const { leases } = engines;
    await leases.survey({ limit: 0 });
    expect(await leases.renew(nodeId('one'))).toBe('unlisted');
    await leases.list(nodeId('one'), []);
    expect(await leases.renew(nodeId('one'))).toBe('renewed');
    await leases.hold(nodeId('one'), [roomId('r1')]);
    expect((await leases.holders(roomId('r1'), [nodeId('one')])).get(nodeId('one'))).toBe('yes');
    expect(await leases.claimOrphans([roomId('r1'), roomId('r2')])).toBe(1);
    await leases.resign(nodeId('one'));
    expect([...(await leases.survey({ limit: 10 })).dead.keys()]).toContain('one');
  });

  test('[D8] it is healthy, lists its nodes, and every master has its own replication id', async () => {
    expect(await engines.isHealthy()).toBe(true);
    expect((await engines.liveReplicationIds()).size).toBe(masters);
    await engines.nodes.announce({ nodeId: 'n1', startedAt: 1, connections: 0, rooms: 0 });
    expect((await engines.nodes.list()).map(({ nodeId }) => nodeId)).toEqual(['n1']);
  });
});

test('[CONF-6] servers that cannot be reached prevent the start', async () => {
  const nobody = { host: '127.0.0.1', port: await freePort() };
  const bySentinels: RedisTopology = {
    kind: 'sentinel',
    sentinels: [nobody],
    name: 'x',
    url: null,
    sentinelAccess: {},
  };
  await expect(redisEngines(bySentinels)).rejects.toThrow('no Sentinel can be reached');
  await expect(redisEngines({ kind: 'cluster', nodes: [nobody], url: null })).rejects.toThrow(
    'no node of the Redis Cluster',
  );
});
