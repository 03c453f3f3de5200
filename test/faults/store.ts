// The Redis under a cluster of servers: one server behind proxies, or Sentinels, or a Redis Cluster.
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { type SentinelGroup, startSentinelGroup } from '../support/redis-sentinel.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { StoreKind } from './rows/row.ts';

/** The store's processes, by kind of topology. */
export type Store =
  | { readonly kind: 'standalone'; redis: RedisServer }
  | { readonly kind: 'sentinel'; readonly group: SentinelGroup }
  | { readonly kind: 'cluster'; readonly group: RedisCluster };

/** The values that operators are advised to set (k8s/README). */
const SENTINEL_DOWN_AFTER_MS = 3_000;
const CLUSTER_NODE_TIMEOUT_MS = 1_000;

export async function startStore(kind: StoreKind): Promise<Store> {
  switch (kind) {
    case 'standalone':
      return { kind, redis: await startRedis() };
    case 'sentinel':
      return { kind, group: await startSentinelGroup({ downAfterMs: SENTINEL_DOWN_AFTER_MS }) };
    case 'cluster':
      return { kind, group: await startRedisCluster({ withReplicas: true, nodeTimeoutMs: CLUSTER_NODE_TIMEOUT_MS }) };
  }
}

export const stopStore = (store: Store): Promise<void> =>
  store.kind === 'standalone' ? store.redis.stop() : store.group.stop();

/** The port that a proxy leads to. Null: such a store names its servers itself, so no proxy fits before them. */
export const portBehindProxies = (store: Store): number | null =>
  store.kind === 'standalone' ? Number(new URL(store.redis.url).port) : null;

export function storeSettings(store: Store, proxyPort: number | null): Readonly<Record<string, string>> {
  if (store.kind === 'standalone') return { REDIS_URL: `redis://127.0.0.1:${proxyPort}` };
  const { topology } = store.group;
  if (topology.kind === 'sentinel') {
    return {
      REDIS_SENTINELS: listed(topology.sentinels),
      REDIS_SENTINEL_NAME: topology.name,
      REDIS_SENTINEL_PASSWORD: topology.sentinelAccess.password ?? '',
    };
  }
  return { REDIS_CLUSTER: listed(topology.nodes) };
}

const listed = (addresses: readonly { readonly host: string; readonly port: number }[]): string =>
  addresses.map(({ host, port }) => `${host}:${port}`).join(',');
