// A real Redis Cluster of this test's own, with masters and, if wanted, one replica each. It has free ports, private
// directories and no persistence. Tests do faults to its nodes.
import { Redis } from 'ioredis';
import { SLOTS } from '../../src/redis/slots.ts';
import type { RedisTopology } from '../../src/redis/topology.ts';
import { freePort } from './free-port.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

export interface ClusterNode {
  /** The server's own port, which only the test uses; all others know the proxy's. */
  readonly port: number;
  readonly busPort: number;
  readonly proxy: TcpProxy;
  /** Its name in the Cluster. */
  readonly id: string;
  readonly server: RedisServer;
  /** A connection to it for the test. */
  readonly redis: Redis;
}

export interface RedisCluster {
  readonly topology: Extract<RedisTopology, { kind: 'cluster' }>;
  readonly masters: readonly ClusterNode[];
  readonly replicas: readonly ClusterNode[];
  /** The node that has the slot, as a master that still answers says. */
  ownerOf(slot: number): Promise<ClusterNode>;
  /** Moves a slot with all its keys, a few at a time; `midway` is awaited when some have gone and some have not. */
  moveSlot(slot: number, to: ClusterNode, midway?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  readonly masters?: number;
  /** Each master has one. */
  readonly withReplicas?: boolean;
  /** How long a node is silent before it counts as dead. */
  readonly nodeTimeoutMs?: number;
}

/** Resolves when all slots are served and the replicas are in step. */
export async function startRedisCluster({
  masters: count = 3,
  withReplicas = false,
  nodeTimeoutMs = 1_500,
}: Options = {}): Promise<RedisCluster> {
  const start = () => startNode(nodeTimeoutMs);
  const masters = await Promise.all(Array.from({ length: count }, start));
  const replicas = withReplicas ? await Promise.all(masters.map(start)) : [];
  const cluster = new Cluster(masters, replicas);
  try {
    await join(masters, replicas);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

/** Shares out the slots, and introduces all nodes to each other. */
async function join(masters: readonly ClusterNode[], replicas: readonly ClusterNode[]): Promise<void> {
  const all = [...masters, ...replicas];
  const share = Math.ceil(SLOTS / masters.length);
  await Promise.all(
    masters.map(({ redis }, index) =>
      redis.call('CLUSTER', 'ADDSLOTSRANGE', index * share, Math.min(SLOTS, (index + 1) * share) - 1),
    ),
  );
  const [first] = masters as [ClusterNode];
  await Promise.all(all.map(({ redis }, index) => redis.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)));
  for (const { redis } of all.slice(1)) await redis.call('CLUSTER', 'MEET', '127.0.0.1', first.port, first.busPort);
  const isComplete = async () =>
    (await Promise.all(all.map(({ redis }) => redis.cluster('INFO')))).every(
      (info) => /cluster_state:ok/.test(String(info)) && String(info).includes(`cluster_known_nodes:${all.length}`),
    );
  await until(isComplete, { what: 'the cluster is complete' });
  for (const [index, { redis }] of replicas.entries()) {
    await redis.call('CLUSTER', 'REPLICATE', (masters[index] as ClusterNode).id);
  }
  for (const { redis } of replicas) {
    await until(async () => /master_link_status:up/.test(await redis.info('replication')), {
      what: 'a replica follows',
    });
  }
}

async function startNode(nodeTimeoutMs: number): Promise<ClusterNode> {
  const busPort = await freePort();
  const proxy = await startTcpProxy(0);
  const server = await startRedis(
    ...['--cluster-announce-ip', '127.0.0.1', '--cluster-announce-port', String(proxy.port)],
    ...['--cluster-announce-bus-port', String(busPort)],
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    ...['--cluster-node-timeout', String(nodeTimeoutMs), '--cluster-require-full-coverage', 'no'],
    // A replica that has just started may take over; failed masters are not waited for.
    ...['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'],
  );
  const redis = new Redis(server.url, { retryStrategy: () => 50, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  await until(() => redis.status === 'ready', { what: 'a node answers' });
  const port = Number(new URL(server.url).port);
  proxy.target = port;
  return { port, busPort, proxy, server, redis, id: String(await redis.cluster('MYID')) };
}

class Cluster implements RedisCluster {
  readonly masters: readonly ClusterNode[];
  readonly replicas: readonly ClusterNode[];

  constructor(masters: readonly ClusterNode[], replicas: readonly ClusterNode[]) {
    this.masters = masters;
    this.replicas = replicas;
  }

  get topology(): RedisCluster['topology'] {
    const nodes = this.masters.map(({ proxy }) => ({ host: '127.0.0.1', port: proxy.port }));
    return { kind: 'cluster', nodes, url: null };
  }

  async ownerOf(slot: number): Promise<ClusterNode> {
    const all = [...this.masters, ...this.replicas];
    const there = this.masters.find(({ redis }) => redis.status === 'ready') as ClusterNode;
    const ranges = (await there.redis.cluster('SLOTS')) as unknown as [number, number, [string, number]][];
    const range = ranges.find(([from, to]) => from <= slot && slot <= to);
    const owner = all.find(({ proxy }) => proxy.port === range?.[2][1]);
    if (!owner) throw new Error(`no node has slot ${slot}`);
    return owner;
  }

  async moveSlot(slot: number, to: ClusterNode, midway: () => Promise<void> = async () => undefined): Promise<void> {
    const from = await this.ownerOf(slot);
    await to.redis.cluster('SETSLOT', slot, 'IMPORTING', from.id);
    await from.redis.cluster('SETSLOT', slot, 'MIGRATING', to.id);
    for (let round = 0; ; round++) {
      const keys = (await from.redis.cluster('GETKEYSINSLOT', slot, 3)) as string[];
      if (keys.length === 0) break;
      await from.redis.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
      if (round === 0) await midway();
    }
    await to.redis.cluster('SETSLOT', slot, 'NODE', to.id);
    await from.redis.cluster('SETSLOT', slot, 'NODE', to.id);
    for (const { redis } of this.masters) await redis.cluster('SETSLOT', slot, 'NODE', to.id).catch(() => undefined);
  }

  async stop(): Promise<void> {
    for (const { redis, server, proxy } of [...this.masters, ...this.replicas]) {
      redis.disconnect();
      await server.stop();
      await proxy.stop();
    }
  }
}
