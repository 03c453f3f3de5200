// All connections to Redis, wherever it is: for commands, for feeds, and a pair for what is addressed to users. Must not
// know keys.
import { connectCluster } from './client-cluster.ts';
import { connectBySentinels, connectOne } from './client-single.ts';
import type { RedisConnections } from './connections.ts';
import { type Ambient, Dialer } from './dial.ts';
import type { RedisTopology } from './topology.ts';

export type { Redis, RedisConnections } from './connections.ts';

interface Options {
  readonly ambient: Ambient;
  /** The channel of a connection's probes; in a Cluster it is in the slot of `tag`. */
  readonly probeChannel: (tag: string, connection: string) => string;
}

/** Opens all connections; resolves when they are ready, rejects when a server cannot be used (see server-check). */
export async function connectRedis(topology: RedisTopology, options: Options): Promise<RedisConnections> {
  const opening = { ...options, dialer: new Dialer(options.ambient) };
  if (topology.kind === 'cluster') return connectCluster(topology, opening);
  if (topology.kind === 'sentinel') return connectBySentinels(topology, opening);
  return connectOne({ url: topology.url }, opening);
}
