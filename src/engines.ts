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
import { RoomScripts } from './redis/room-scripts.ts';
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
import { MemoryNodeStore } from './store/memory/node-store-memory.ts';
import { MemoryPresenceStore } from './store/memory/presence-store-memory.ts';
import { MemoryRoomRecovery } from './store/memory/room-recovery-memory.ts';
import { MemoryRoomStore } from './store/memory/room-store-memory.ts';
import { MemorySanctionStore } from './store/memory/sanction-store-memory.ts';
import { MemoryScanStore } from './store/memory/scan-store-memory.ts';
import { MemoryTables } from './store/memory/tables-memory.ts';
import type { NodeStore } from './store/node-store.ts';
import { RedisAccountStore } from './store/redis/account-store-redis.ts';
import { RedisAttemptStore } from './store/redis/attempt-store-redis.ts';
import { RedisDirectoryStore } from './store/redis/directory-store-redis.ts';
import { RedisLeaseStore } from './store/redis/lease-store-redis.ts';
import { RedisMessageStore } from './store/redis/message-store-redis.ts';
import { RedisNodeStore } from './store/redis/node-store-redis.ts';
import { RedisPresenceStore } from './store/redis/presence-store-redis.ts';
import { RedisRoomRecovery } from './store/redis/room-recovery-redis.ts';
import { RedisRoomStore } from './store/redis/room-store-redis.ts';
import { RedisSanctionStore } from './store/redis/sanction-store-redis.ts';
import { RedisScanStore } from './store/redis/scan-store-redis.ts';
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
    store: new MemoryRoomStore(tables),
    recovery: new MemoryRoomRecovery(tables),
    presence: new MemoryPresenceStore(tables),
    sanctions: new MemorySanctionStore(tables),
    attempts: new MemoryAttemptStore(clock),
    messages: new MemoryMessageStore(tables),
    directory: new MemoryDirectoryStore(clock),
    nodes: new MemoryNodeStore(clock),
    leases: new MemoryLeaseStore(clock),
    scans: new MemoryScanStore(tables),
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
  const clock = new StoreClock(ambient.clock);
  const scripts = new RedisScripts({ links: commands, clock, publish: roomPublish });
  const replicationIds = new ReplicationIds(ambient.clock);
  const roomScripts = new RoomScripts({ scripts, keys, replicationIds });
  for (const id of await liveReplicationIds(commands)) replicationIds.acceptAtStart(id);
  const [seconds, micros] = await commands.call(keys.nodes, (redis) => redis.time(), DEADLINE_MS);
  clock.observe(Number(seconds) * 1000 + Math.floor(Number(micros) / 1000));
  const { logger } = ambient;
  return {
    name: 'redis',
    store: new RedisRoomStore({ scripts, roomScripts, keys, clock, replicationIds }),
    recovery: new RedisRoomRecovery({
      scripts,
      keys,
      liveReplicationIds: () => liveReplicationIds(commands),
      newEnd: () => ambient.random.id(),
    }),
    presence: new RedisPresenceStore({ clock: ambient.clock, scripts, roomScripts, keys }),
    sanctions: new RedisSanctionStore({ scripts, roomScripts, keys, clock }),
    attempts: new RedisAttemptStore({ scripts, keys }),
    messages: new RedisMessageStore({ scripts, roomScripts, keys }),
    directory: new RedisDirectoryStore({ scripts, keys }),
    nodes: new RedisNodeStore({ scripts, keys, clock }),
    leases: new RedisLeaseStore({ clock: ambient.clock, scripts, keys }),
    scans: new RedisScanStore({ links: commands, scripts, keys }),
    feed: new RedisRoomFeed({ ...ambient, feed: rooms, keys }),
    userLink: createUserLink(connections, { keys, logger }),
    accounts: new RedisAccountStore({ scripts, keys }),
    userFeed: new RedisUserFeed({ feed: everywhere, keys, logger }),
    isHealthy: () => isHealthy(commands),
    liveReplicationIds: () => liveReplicationIds(commands),
    youngestAgeMs: () => youngestAgeMs(commands),
    close: () => connections.close(),
  };
}
