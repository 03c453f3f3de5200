// Opens connections with the settings that all of them share (D8).
import { Redis, type RedisOptions } from 'ioredis';
import type { Ambient } from '../ops/ambient.ts';
import { type Locator, locatedConnector } from './located-connector.ts';
import type { Address, RedisAccess } from './topology.ts';

const CONNECT_TIMEOUT_MS = 2_000;
/** All nodes must be back within the second for which a room waits for their offers after a loss (SYNC-4). */
const RETRY_MAX_MS = 400;
/** A link that owes a reply and delivers nothing for this long is dead, even if TCP still shows it as open. */
const SILENCE_MS = 2_500;

/** Where a connection leads: to a URL, to an address, or to the address that a locator finds. */
export type Place = { readonly url: string } | (RedisAccess & (Address | { readonly locator: Locator }));

/** Without the option that would change the types of replies. */
type Options = Omit<RedisOptions, 'replyMapping'>;

export class Dialer {
  readonly #ambient: Ambient;
  /** The connections whose server may change. */
  readonly #located: Redis[] = [];

  constructor(ambient: Ambient) {
    this.#ambient = ambient;
  }

  /** For commands: a command that cannot be sent now fails at once, and none is ever sent twice. Not yet connected. */
  forCommands(name: string, place: Place): Redis {
    // By default ioredis keeps commands for later, and repeats a write whose reply was lost.
    return this.#open(name, place, {
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
    });
  }

  /** For subscriptions that the driver keeps up by itself. Not yet connected. */
  forListening(name: string, place: Place): Redis {
    return this.#open(name, place, { maxRetriesPerRequest: null });
  }

  /** Full jitter, so that nodes do not come back in step. */
  retryDelayMs(times: number): number {
    return this.#ambient.random.integer(10, Math.min(RETRY_MAX_MS, 100 * 2 ** Math.min(times, 6)));
  }

  /** The server of located connections is at that address now: links to other addresses are replaced. */
  moveLinks({ host, port }: Address): void {
    for (const redis of this.#located) {
      const isThere = redis.stream?.remoteAddress === host && redis.stream.remotePort === port;
      if (!isThere) replaceLink(redis);
    }
  }

  #open(name: string, place: Place, options: Options): Redis {
    const { logger } = this.#ambient;
    const shared = {
      lazyConnect: true,
      connectionName: `maiwei-${name}`,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // Counts while a reply is due. Subscriptions, to which no reply is due, have their own probes.
      socketTimeout: SILENCE_MS,
      // A disconnect is not waited for: a server that does not answer does not close properly either.
      disconnectTimeout: 100,
      keepAlive: 5_000,
      retryStrategy: (times: number) => this.retryDelayMs(times),
      reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 1 : false),
      ...options,
    } satisfies Options;
    const redis = this.#redis(place, shared);
    redis.on('error', ({ message }: Error) => {
      const fields = { event: 'redis.connection.error', connection: name, error: message };
      logger.warn(fields, 'A Redis connection failed.');
    });
    redis.on('ready', () => {
      logger.info({ event: 'redis.connection.ready', connection: name }, 'A Redis connection is ready.');
    });
    return redis;
  }

  #redis(place: Place, options: Options): Redis {
    if ('url' in place) return new Redis(place.url, options);
    if (!('locator' in place)) return new Redis({ ...options, ...place });
    const { locator, ...access } = place;
    const deps = { clock: this.#ambient.clock, locator, retryDelayMs: () => this.retryDelayMs(3) };
    const redis = new Redis({ ...options, ...access, Connector: locatedConnector(deps) });
    this.#located.push(redis);
    return redis;
  }
}

/** Gives up the present link of a connection; the driver makes a new one. */
export function replaceLink(redis: Redis): void {
  // Not disconnect(): that closes properly first, and waits for a server that may be dead.
  if (redis.status === 'ready' || redis.status === 'connect') redis.stream.destroy();
}
