// Redis engine of the feed: one channel a room, subscribed while this node holds it. Must not look into the news.
import type { Logger } from '../ops/logger.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { Redis } from '../redis/client.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import type { Fanout, RoomListener, RoomNews, Unsubscribe } from './fanout.ts';

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
    // ioredis subscribes anew by itself, but what was published meanwhile is lost [F1].
    parts.redis.on('ready', () => this.#doubt());
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
      if (!this.#forget(channel, listener)) return;
      await this.#parts.redis.unsubscribe(channel).catch(() => undefined);
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
    const news = JSON.parse(text) as RoomNews;
    for (const listener of listeners) listener.news(news);
  }

  #doubt(): void {
    if (this.#isFirstReady) {
      this.#isFirstReady = false;
      return;
    }
    this.#parts.logger.warn({ rooms: this.#listeners.size }, 'redis feed was interrupted, positions are re-read');
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener.doubt();
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
