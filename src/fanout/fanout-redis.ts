// Redis engine of the feed: one channel a room, subscribed while this node holds it. Must not look into the news.
import type { Logger } from '../ops/logger.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { Redis } from '../redis/client.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import type { Fanout, RoomListener, Unsubscribe } from './fanout.ts';
import { parseNews } from './news-codec.ts';

/** How long a subscription may take before whoever waits for it is told that the store is away (ACK-4). */
const SUBSCRIBE_TIMEOUT_MS = 1_500;

interface Parts {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly logger: Logger;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

export class RedisFanout implements Fanout {
  readonly #parts: Parts;
  readonly #listeners = new Map<string, Set<RoomListener>>();
  #isFirstReady = true;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.redis.on('message', (channel: string, text: string) => this.#hear(channel, text));
    parts.redis.on('ready', () => this.#subscribeAnew());
    this.#isFirstReady = parts.redis.status !== 'ready';
  }

  async subscribe(roomId: RoomId, listener: RoomListener): Promise<Unsubscribe> {
    const channel = this.#parts.keys.channel(roomId);
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    try {
      await this.#inTime(this.#parts.redis.subscribe(channel));
    } catch (error) {
      this.#forget(channel, listener);
      throw error;
    }
    return async () => {
      // Nobody waits for it: with the link down it would take as long as that, and a new link knows no old channels.
      const { redis } = this.#parts;
      const isLast = this.#forget(channel, listener);
      if (isLast && redis.status === 'ready') redis.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** True when nobody listens to the channel any more. */
  #forget(channel: string, listener: RoomListener): boolean {
    const listeners = this.#listeners.get(channel);
    listeners?.delete(listener);
    if (!listeners || listeners.size > 0) return false;
    this.#listeners.delete(channel);
    return true;
  }

  #hear(channel: string, text: string): void {
    const listeners = this.#listeners.get(channel);
    if (!listeners) return;
    for (const listener of listeners) {
      try {
        listener.news(parseNews(text));
      } catch (error) {
        // Neither a message that is none nor a fault of ours may end the process: the room is read again instead.
        this.#parts.logger.error({ error, channel }, 'news could not be heard');
        listener.doubt();
      }
    }
  }

  /** First the channels, then the doubt: what is committed in between would be heard by nobody otherwise [F1]. */
  #subscribeAnew(): void {
    if (this.#isFirstReady) {
      this.#isFirstReady = false;
      return;
    }
    const { redis, logger } = this.#parts;
    const channels = [...this.#listeners.keys()];
    if (channels.length === 0) return;
    redis.subscribe(...channels).then(
      () => {
        logger.warn({ rooms: channels.length }, 'the redis feed was interrupted, positions are read again');
        for (const listeners of this.#listeners.values()) for (const listener of listeners) listener.doubt();
      },
      // The link broke again; the next one begins anew.
      (error: unknown) => logger.warn({ error }, 'the redis feed could not be resumed yet'),
    );
  }

  #inTime<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const cancel = this.#parts.after(SUBSCRIBE_TIMEOUT_MS, () =>
        reject(new StoreUnavailableError('the subscription did not come in time')),
      );
      promise.then(resolve, (error: Error) => reject(new StoreUnavailableError(error.message))).finally(cancel);
    });
  }
}
