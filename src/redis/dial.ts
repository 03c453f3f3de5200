// Opens connections with the settings that all of ours share (D8). Must not know what they are for.
import { Redis, type RedisOptions } from 'ioredis';
import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import type { Random } from '../ops/random.ts';
import { type Locator, locatedConnector } from './located-connector.ts';
import type { Access, Address } from './topology.ts';

const CONNECT_TIMEOUT_MS = 2_000;
/** All nodes are to be back within the second in which a room waits for their offers after a loss (SYNC-4). */
const RETRY_MAX_MS = 400;
/** A link that owes a reply and brings nothing for so long is dead, whatever TCP thinks of it. */
const SILENCE_MS = 2_500;

export interface Ambient {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

/** Where a connection leads: to a URL, to an address, or to wherever a locator says. */
export type Place = { readonly url: string } | (Access & (Address | { readonly locator: Locator }));

/** Without what would change the types of replies. */
type Options = Omit<RedisOptions, 'replyMapping'>;

export class Dialer {
  readonly #ambient: Ambient;
  /** Those whose place may change. */
  readonly #located: Redis[] = [];

  constructor(ambient: Ambient) {
    this.#ambient = ambient;
  }

  /** For commands: what cannot be sent now fails at once, and nothing is ever sent twice. Not yet connected. */
  forCommands(name: string, place: Place): Redis {
    // By itself ioredis keeps commands for later, and repeats a write whose reply got lost.
    return this.#open(name, place, {
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
    });
  }

  /** For those who subscribe and forget: the driver keeps their subscriptions up by itself. Not yet connected. */
  forListening(name: string, place: Place): Redis {
    return this.#open(name, place, { maxRetriesPerRequest: null });
  }

  /** Full jitter, so that nodes do not come back in step. */
  retryDelayMs(times: number): number {
    return this.#ambient.random.integer(10, Math.min(RETRY_MAX_MS, 100 * 2 ** Math.min(times, 6)));
  }

  /** The place of those that a locator leads is that one now: the links that lead elsewhere are replaced. */
  moveLinks({ host, port }: Address): void {
    for (const redis of this.#located) {
      const isThere = redis.stream?.remoteAddress === host && redis.stream.remotePort === port;
      if (!isThere) replaceLink(redis);
    }
  }

  #open(name: string, place: Place, options: Options): Redis {
    const { logger, clock } = this.#ambient;
    const shared = {
      lazyConnect: true,
      connectionName: `maiwei-${name}`,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // While a reply is outstanding; of subscriptions, which owe none, see their probes.
      socketTimeout: SILENCE_MS,
      // What is disconnected is not waited for: whoever does not answer does not say goodbye either.
      disconnectTimeout: 100,
      keepAlive: 5_000,
      retryStrategy: (times: number) => this.retryDelayMs(times),
      reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 1 : false),
      ...options,
    } satisfies Options;
    const redis = this.#redis(place, shared, () => ({ clock, retryDelayMs: () => this.retryDelayMs(3) }));
    redis.on('error', (error: Error) => logger.warn({ connection: name, error: error.message }, 'redis connection'));
    redis.on('ready', () => logger.info({ connection: name }, 'redis ready'));
    return redis;
  }

  #redis(place: Place, options: Options, deps: () => { clock: Clock; retryDelayMs: () => number }): Redis {
    if ('url' in place) return new Redis(place.url, options);
    if (!('locator' in place)) return new Redis({ ...options, ...place });
    const { locator, ...access } = place;
    const redis = new Redis({ ...options, ...access, Connector: locatedConnector({ locator, ...deps() }) });
    this.#located.push(redis);
    return redis;
  }
}

/** Gives up the present link of a connection; the driver makes a new one. */
export function replaceLink(redis: Redis): void {
  // Not disconnect(): that says goodbye first, and waits for who is gone.
  if (redis.status === 'ready' || redis.status === 'connect') redis.stream.destroy();
}
