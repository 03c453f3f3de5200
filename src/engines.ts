// The engines of a server: its stores and feeds, in memory or on Redis, by the same contracts.
import { MemoryRoomFeed } from './feed/room-feed-memory.ts';
import { RedisRoomFeed } from './feed/room-feed-redis.ts';
import { MemoryUserFeed } from './feed/user-feed-memory.ts';
import { RedisUserFeed } from './feed/user-feed-redis.ts';
import type { Ambient } from './ops/ambient.ts';
import type { Clock } from './ops/clock.ts';
import { connectRedis } from './redis/client.ts';
import { DEADLINE_MS } from './redis/command-link.ts';
import { createKeys } from './redis/keys.ts';
import { isHealthy, liveReplicationIds, youngestAgeMs } from './redis/master-health.ts';
import { ReplicationIds } from './redis/replication-ids.ts';
import { createRoomScripts } from './redis/room-scripts.ts';
import { RedisScripts } from './redis/scripts.ts';
import { StoreClock } from './redis/store-clock.ts';
import type { RedisTopology } from './redis/topology.ts';
import { createUserLink, type UserLink } from './redis/user-link.ts';
import type { RoomServiceDeps } from './rooms/room-service.ts';
import { MemoryAccountStore } from './store/memory/account-store-memory.ts';
import { MemoryAttemptStore } from './store/memory/attempt-store-memory.ts';
import { MemoryDirectoryStore } from './store/memory/directory-store-memory.ts';
import { MemoryLeaseStore } from './store/memory/lease-store-memory.ts';
import { MemoryMessageStore } from './store/memory/message-store-memory.ts';
import { memoryNodeStore } from './store/memory/node-store-memory.ts';
import { memoryPresenceStore } from './store/memory/presence-store-memory.ts';
import { memoryRoomRecovery } from './store/memory/room-recovery-memory.ts';
import { memoryRoomStore } from './store/memory/room-store-memory.ts';
import { memorySanctionStore } from './store/memory/sanction-store-memory.ts';
import { memoryScanStore } from './store/memory/scan-store-memory.ts';
import { MemoryTables } from './store/memory/tables-memory.ts';
import type { NodeStore } from './store/node-store.ts';
import { redisAccountStore } from './store/redis/account-store-redis.ts';
import { redisAttemptStore } from './store/redis/attempt-store-redis.ts';
import { redisDirectoryStore } from './store/redis/directory-store-redis.ts';
import { redisLeaseStore } from './store/redis/lease-store-redis.ts';
import { redisMessageStore } from './store/redis/message-store-redis.ts';
import { redisNodeStore } from './store/redis/node-store-redis.ts';
import { redisPresenceStore } from './store/redis/presence-store-redis.ts';
import { redisRoomRecovery } from './store/redis/room-recovery-redis.ts';
import { redisRoomStore } from './store/redis/room-store-redis.ts';
import { redisSanctionStore } from './store/redis/sanction-store-redis.ts';
import { redisScanStore } from './store/redis/scan-store-redis.ts';
import type { UserSessionsDeps } from './users/user-sessions.ts';

/** The stores and feeds that rooms and user sessions work with. */
type Contracts = Pick<
  RoomServiceDeps,
  'store' | 'recovery' | 'presence' | 'sanctions' | 'attempts' | 'messages' | 'directory' | 'leases' | 'scans' | 'feed'
> &
  Pick<UserSessionsDeps, 'accounts' | 'userFeed'>;

export interface Engines extends Contracts {
  readonly name: 'memory' | 'redis';
  readonly nodes: NodeStore;
  /** The link to users on other nodes; null: there are no other nodes. */
  readonly userLink: UserLink | null;
  /** Whether the store answers and would accept a write. Never rejects. */
  isHealthy(): Promise<boolean>;
  /**
   * The replication ids of the servers that answer and accept writes. An id changes when the server may have lost some
   * (a promotion, a restart). Never rejects.
   */
  liveReplicationIds(): Promise<ReadonlySet<string>>;
  /** How long the youngest server of the store has been running, in milliseconds. */
  youngestAgeMs(): Promise<number>;
  close(): void;
}

export interface MemoryEngines extends Engines {
  /** Everything that is stored, for tests. */
  readonly tables: MemoryTables;
  readonly leases: MemoryLeaseStore;
}

/** Engines in this process. Several servers of one process may share one set, as nodes share a Redis. */
export function createMemoryEngines(clock: Clock): MemoryEngines {
  const feed = new MemoryRoomFeed();
  const userFeed = new MemoryUserFeed();
  const tables = new MemoryTables(clock, (roomId, news) => feed.publish(roomId, news));
  return {
    name: 'memory',
    tables,
    store: memoryRoomStore(tables),
    recovery: memoryRoomRecovery(tables),
    presence: memoryPresenceStore(tables),
    sanctions: memorySanctionStore(tables),
    attempts: new MemoryAttemptStore(clock),
    messages: new MemoryMessageStore(tables),
    directory: new MemoryDirectoryStore(clock),
    nodes: memoryNodeStore(clock),
    leases: new MemoryLeaseStore(clock),
    scans: memoryScanStore(tables),
    feed,
    userLink: null,
    accounts: new MemoryAccountStore(clock, (news) => userFeed.publish(news)),
    userFeed,
    isHealthy: async () => true,
    liveReplicationIds: async () => new Set(['memory']),
    youngestAgeMs: async () => Number.POSITIVE_INFINITY,
    close: () => undefined,
  };
}

/** Rejects when Redis cannot be reached or used. */
export async function createRedisEngines(
  { topology, prefix }: { readonly topology: RedisTopology; readonly prefix: string },
  ambient: Ambient,
): Promise<Engines> {
  const keys = createKeys(prefix);
  const connections = await connectRedis(topology, { ambient, probeChannel: keys.probe });
  const { commands, rooms, everywhere, roomPublish } = connections;
  const storeClock = new StoreClock(ambient.clock);
  const scripts = new RedisScripts({ links: commands, clock: storeClock, publish: roomPublish });
  const replicationIds = new ReplicationIds(ambient.clock);
  const roomScripts = createRoomScripts({ scripts, keys, replicationIds });
  for (const id of await liveReplicationIds(commands)) replicationIds.acceptAtStart(id);
  const [seconds, micros] = await commands.call(keys.nodes, (redis) => redis.time(), DEADLINE_MS);
  storeClock.observe(Number(seconds) * 1000 + Math.floor(Number(micros) / 1000));
  const { logger } = ambient;
  const health = { liveReplicationIds: () => liveReplicationIds(commands) };
  const deps = { ...ambient, ...health, links: commands, scripts, roomScripts, keys, storeClock, replicationIds };
  return {
    name: 'redis',
    store: redisRoomStore(deps),
    recovery: redisRoomRecovery(deps),
    presence: redisPresenceStore(deps),
    sanctions: redisSanctionStore(deps),
    attempts: redisAttemptStore(deps),
    messages: redisMessageStore(deps),
    directory: redisDirectoryStore(deps),
    nodes: redisNodeStore(deps),
    leases: redisLeaseStore(deps),
    scans: redisScanStore(deps),
    feed: new RedisRoomFeed({ ...ambient, feed: rooms, keys }),
    userLink: createUserLink(connections, { keys, logger }),
    accounts: redisAccountStore(deps),
    userFeed: new RedisUserFeed({ feed: everywhere, keys, logger }),
    ...health,
    isHealthy: () => isHealthy(commands),
    youngestAgeMs: () => youngestAgeMs(commands),
    close: () => connections.close(),
  };
}
