// Redis engine of the users' feed: one channel that every node subscribes.
import type { Logger } from '../ops/logger.ts';
import type { FeedLinks } from '../redis/feed-links.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import { FeedListeners } from './feed-listeners.ts';
import type { Unsubscribe } from './room-feed.ts';
import type { UserFeed, UserListener, UserNews } from './user-feed.ts';

interface RedisUserFeedDeps {
  readonly feed: FeedLinks;
  readonly keys: RedisKeys;
  readonly logger: Logger;
}

export class RedisUserFeed implements UserFeed {
  readonly #deps: RedisUserFeedDeps;
  readonly #listeners: FeedListeners<UserNews>;
  /** Resolves when the channel is subscribed. Null: nothing was tried yet, or Redis refused it. */
  #subscribed: Promise<void> | null = null;

  constructor(deps: RedisUserFeedDeps) {
    this.#deps = deps;
    const parse = (text: string) => JSON.parse(text) as UserNews;
    this.#listeners = new FeedListeners({ channel: deps.keys.usersChannel, logger: deps.logger, parse });
  }

  async subscribe(listener: UserListener): Promise<Unsubscribe> {
    const { feed, keys } = this.#deps;
    this.#listeners.add(listener);
    this.#subscribed ??= feed.subscribe(keys.usersChannel, this.#listeners);
    try {
      await this.#subscribed;
    } catch (error) {
      this.#subscribed = null;
      this.#listeners.delete(listener);
      throw new StoreUnavailableError((error as Error).message);
    }
    return async () => this.#listeners.delete(listener);
  }
}
