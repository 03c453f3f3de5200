// Redis engine of the users' feed: one channel that every node hears. Must not look into the news.
import type { Logger } from '../ops/logger.ts';
import type { FeedLinks } from '../redis/feed-links.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import type { Unsubscribe } from './room-feed.ts';
import type { UserFeed, UserListener, UserNews } from './user-feed.ts';

interface Parts {
  readonly feed: FeedLinks;
  readonly keys: RedisKeys;
  readonly logger: Logger;
}

export class RedisUserFeed implements UserFeed {
  readonly #parts: Parts;
  readonly #listeners = new Set<UserListener>();
  #coming: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async subscribe(listener: UserListener): Promise<Unsubscribe> {
    this.#listeners.add(listener);
    this.#coming ??= this.#come();
    try {
      await this.#coming;
    } catch (error) {
      this.#coming = null;
      this.#listeners.delete(listener);
      throw new StoreUnavailableError((error as Error).message);
    }
    return async () => void this.#listeners.delete(listener);
  }

  #come(): Promise<void> {
    const { feed, keys } = this.#parts;
    return feed.subscribe(keys.usersChannel, {
      heard: (text) => this.#hear(text),
      doubt: () => {
        for (const listener of this.#listeners) listener.doubt();
      },
    });
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
}
