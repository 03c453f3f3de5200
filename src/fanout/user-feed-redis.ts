// Redis engine of the users' feed: one channel that every node hears. Must not look into the news.
import type { Logger } from '../ops/logger.ts';
import type { Redis } from '../redis/client.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import type { Unsubscribe } from './fanout.ts';
import type { UserFeed, UserListener, UserNews } from './user-feed.ts';

interface Parts {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly logger: Logger;
}

export class RedisUserFeed implements UserFeed {
  readonly #parts: Parts;
  readonly #listeners = new Set<UserListener>();

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.redis.on('message', (channel: string, text: string) => {
      if (channel === parts.keys.usersChannel) this.#hear(text);
    });
    // The driver does not subscribe anew by itself (D4a).
    parts.redis.on('ready', () => this.#subscribeAnew());
  }

  async subscribe(listener: UserListener): Promise<Unsubscribe> {
    const { redis, keys } = this.#parts;
    this.#listeners.add(listener);
    try {
      await redis.subscribe(keys.usersChannel);
    } catch (error) {
      this.#listeners.delete(listener);
      throw new StoreUnavailableError((error as Error).message);
    }
    return async () => void this.#listeners.delete(listener);
  }

  #hear(text: string): void {
    for (const listener of this.#listeners) {
      try {
        listener.news(JSON.parse(text) as UserNews);
      } catch (error) {
        this.#parts.logger.error({ error }, 'news of a user could not be heard');
        listener.doubt();
      }
    }
  }

  #subscribeAnew(): void {
    if (this.#listeners.size === 0) return;
    const { redis, keys, logger } = this.#parts;
    redis.subscribe(keys.usersChannel).then(
      () => {
        for (const listener of this.#listeners) listener.doubt();
      },
      // The link broke again; the next one begins anew.
      (error: unknown) => logger.warn({ error }, 'the feed of users could not be resumed yet'),
    );
  }
}
