// All connections to Redis, of any topology: for commands, for feeds, and a pair for what is addressed to users.

import { connectCluster } from './client-cluster.ts';
import { connectBySentinels, connectOne } from './client-single.ts';
import type { ConnectionSetup } from './connection-setup.ts';
import type { RedisConnections } from './connections.ts';
import { Dialer } from './dial.ts';
import type { RedisTopology } from './topology.ts';

/** Opens all connections. Resolves when they are ready, rejects when a server cannot be used (see checkServer). */
export async function connectRedis(
  topology: RedisTopology,
  options: Omit<ConnectionSetup, 'dialer'>,
): Promise<RedisConnections> {
  const setup = { ...options, dialer: new Dialer(options.ambient) };
  if (topology.kind === 'cluster') return connectCluster(topology, setup);
  if (topology.kind === 'sentinel') return connectBySentinels(topology, setup);
  return connectOne({ url: topology.url }, setup);
}
