// Connections to Redis: for commands, for subscriptions, and a pair for what is addressed to users. Must not know keys.
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../ops/logger.ts';
import type { Random } from '../ops/random.ts';

const CONNECT_TIMEOUT_MS = 2_000;
/** All nodes are to be back within the second in which a room waits for their offers after a loss (SYNC-4). */
const RETRY_MAX_MS = 400;
/** A link that owes a reply and brings nothing for so long is dead, whatever TCP thinks of it. */
const SILENCE_MS = 2_500;
/** Scripts that write after asking TIME need effects replication, which older servers do not have by default. */
const REDIS_MAJOR_MIN = 7;

/** A connection, for those who are given one. */
export type { Redis };

export interface RedisConnections {
  readonly commands: Redis;
  readonly subscriptions: Redis;
  /** See user-link. */
  readonly userPublisher: Redis;
  readonly userSubscriber: Redis;
}

interface Ambient {
  readonly logger: Logger;
  readonly random: Random;
}

/** Opens all connections; resolves when they are ready, rejects when the server cannot be used (see checkServer). */
export async function connectRedis(url: string, { logger, random }: Ambient): Promise<RedisConnections> {
  // Full jitter, so that nodes do not come back in step.
  const retryStrategy = (times: number) => random.integer(10, Math.min(RETRY_MAX_MS, 100 * 2 ** Math.min(times, 6)));
  const shared = {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // While a reply is outstanding; of subscriptions, which owe none, see their probes.
    socketTimeout: SILENCE_MS,
    // What is disconnected is not waited for: whoever does not answer does not say goodbye either.
    disconnectTimeout: 100,
    keepAlive: 5_000,
    retryStrategy,
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 1 : false),
  } satisfies RedisOptions;
  const atOnce = {
    ...shared,
    // By itself ioredis keeps commands for later, and repeats a write whose reply got lost (D8).
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  } satisfies RedisOptions;
  const commands = new Redis(url, { ...atOnce, connectionName: 'maiwei-commands' });
  const userPublisher = new Redis(url, { ...atOnce, connectionName: 'maiwei-user-publisher' });
  // The feed subscribes anew itself, because it must know when that has happened. The subscriber keeps its queue: a
  // SUBSCRIBE may wait for the link, because the join that needs it waits as well.
  const queued = { ...shared, maxRetriesPerRequest: null } satisfies RedisOptions;
  const subscriptions = new Redis(url, { ...queued, autoResubscribe: false, connectionName: 'maiwei-subscriptions' });
  // What its channels miss is lost anyway, so ioredis may subscribe anew by itself.
  const userSubscriber = new Redis(url, { ...queued, connectionName: 'maiwei-user-subscriber' });
  const connections = { commands, subscriptions, userPublisher, userSubscriber };
  for (const [name, client] of Object.entries(connections)) {
    client.on('error', (error: Error) => logger.warn({ connection: name, error: error.message }, 'redis connection'));
    client.on('ready', () => logger.info({ connection: name }, 'redis ready'));
  }
  try {
    await Promise.all(Object.values(connections).map((client) => client.connect()));
    await checkServer(commands);
  } catch (error) {
    closeRedis(connections);
    throw error;
  }
  return connections;
}

/** At once: replies that are still on their way are not waited for. */
export function closeRedis(connections: RedisConnections): void {
  for (const client of Object.values(connections) as Redis[]) client.disconnect();
}

/** What that server's data is known as by itself and its replicas; see history() in lua/prelude. */
export const historyOf = async (server: Pick<Redis, 'info'>): Promise<string> =>
  /^master_replid:(\S+)/m.exec(await server.info('replication'))?.[1] ?? '';

/** Rejects servers that are too old or that may evict what we rely on. */
async function checkServer(client: Redis): Promise<void> {
  const info = await client.info();
  const version = /^redis_version:(\d+)\.(\S+)/m.exec(info);
  if (Number(version?.[1] ?? 0) < REDIS_MAJOR_MIN) {
    throw new Error(`Redis ${version?.[1] ?? '?'}.${version?.[2] ?? '?'} is too old: ${REDIS_MAJOR_MIN}.0 is needed`);
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    throw new Error(
      `Redis has maxmemory-policy ${policy}: it must be noeviction, or rooms vanish under memory pressure`,
    );
  }
}
