// Memory engine of the users' feed: one process. News arrives in a later microtask, as over a network.
import type { Unsubscribe } from './room-feed.ts';
import type { UserFeed, UserListener, UserNews } from './user-feed.ts';

export class MemoryUserFeed implements UserFeed {
  readonly #listeners = new Set<UserListener>();

  async subscribe(listener: UserListener): Promise<Unsubscribe> {
    this.#listeners.add(listener);
    return async () => void this.#listeners.delete(listener);
  }

  publish(news: UserNews): void {
    const listeners = [...this.#listeners];
    queueMicrotask(() => {
      for (const listener of listeners) listener.onNews(news);
    });
  }
}
