// Redis engine of the users' feed: one channel that every node hears. Must not look into the news.
import type { Logger } from '../ops/logger.ts';
import type { FeedLinks } from '../redis/feed-links.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import type { Unsubscribe } from './room-feed.ts';
import type { UserFeed, UserListener, UserNews } from './user-feed.ts';

interface RedisUserFeedDeps {
  readonly feed: FeedLinks;
  readonly keys: RedisKeys;
  readonly logger: Logger;
}

export class RedisUserFeed implements UserFeed {
  readonly #deps: RedisUserFeedDeps;
  readonly #listeners = new Set<UserListener>();
  #coming: Promise<void> | null = null;

  constructor(deps: RedisUserFeedDeps) {
    this.#deps = deps;
  }

  async subscribe(listener: UserListener): Promise<Unsubscribe> {
    this.#listeners.add(listener);
    this.#coming ??= this.#subscribe();
    try {
      await this.#coming;
    } catch (error) {
      this.#coming = null;
      this.#listeners.delete(listener);
      throw new StoreUnavailableError((error as Error).message);
    }
    return async () => void this.#listeners.delete(listener);
  }

  #subscribe(): Promise<void> {
    const { feed, keys } = this.#deps;
    return feed.subscribe(keys.usersChannel, {
      onText: (text) => this.#onText(text),
      onPossibleGap: () => {
        for (const listener of this.#listeners) listener.onPossibleGap();
      },
    });
  }

  #onText(text: string): void {
    for (const listener of this.#listeners) {
      try {
        listener.onNews(JSON.parse(text) as UserNews);
      } catch (error) {
        this.#deps.logger.error({ error }, 'news of a user could not be heard');
        listener.onPossibleGap();
      }
    }
  }
}
