// Redis engine of the users' feed: one channel that every node subscribes.
import type { Logger } from '../ops/logger.ts';
import type { FeedLinks } from '../redis/feed-links.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { FeedListeners } from './feed-listeners.ts';
import type { Unsubscribe } from './room-feed.ts';
import type { UserFeed, UserListener, UserNews } from './user-feed.ts';

export class RedisUserFeed implements UserFeed {
  readonly #listeners: FeedListeners<UserNews>;

  constructor({ keys, ...deps }: { readonly feed: FeedLinks; readonly keys: RedisKeys; readonly logger: Logger }) {
    const parse = (text: string) => JSON.parse(text) as UserNews;
    this.#listeners = new FeedListeners({ ...deps, channel: keys.usersChannel, parse });
  }

  async subscribe(listener: UserListener): Promise<Unsubscribe> {
    await this.#listeners.add(listener);
    return async () => this.#listeners.delete(listener);
  }
}
