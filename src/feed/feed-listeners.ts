// The listeners of one channel on this node. They share one subscription, and each of them gets the channel's news.
import type { Logger } from '../ops/logger.ts';
import type { FeedLinks, FeedListener } from '../redis/feed-links.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import type { NewsListener } from './room-feed.ts';

interface FeedListenersDeps<News> {
  readonly feed: Pick<FeedLinks, 'subscribe'>;
  readonly channel: string;
  readonly logger: Logger;
  /** Throws when the text is no news. */
  readonly parse: (text: string) => News;
}

export class FeedListeners<News> implements FeedListener {
  readonly #deps: FeedListenersDeps<News>;
  readonly #listeners = new Set<NewsListener<News>>();
  /** Resolves when the channel is subscribed. Null: nothing was tried yet, or Redis refused it. */
  #subscribed: Promise<void> | null = null;

  constructor(deps: FeedListenersDeps<News>) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#listeners.size;
  }

  /**
   * The first listener subscribes the channel; the others wait for that, or need not wait at all. Throws
   * StoreUnavailableError after a refusal: the listener is not added, and the next one may try again.
   */
  async add(listener: NewsListener<News>): Promise<void> {
    this.#listeners.add(listener);
    this.#subscribed ??= this.#deps.feed.subscribe(this.#deps.channel, this);
    try {
      await this.#subscribed;
    } catch (error) {
      this.#subscribed = null;
      this.delete(listener);
      throw new StoreUnavailableError((error as Error).message);
    }
  }

  delete(listener: NewsListener<News>): void {
    this.#listeners.delete(listener);
  }

  /** Neither a broken text nor a bug in a listener may end the process: the listener has a possible gap instead. */
  onText(text: string): void {
    const { parse, logger, channel } = this.#deps;
    for (const listener of this.#listeners) {
      try {
        listener.onNews(parse(text));
      } catch (error) {
        logger.error({ event: 'feed.news.failed', error, channel }, 'News on a feed could not be handled.');
        listener.onPossibleGap();
      }
    }
  }

  onPossibleGap(): void {
    for (const listener of this.#listeners) listener.onPossibleGap();
  }
}
