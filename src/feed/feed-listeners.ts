// The listeners of one channel on this node. Each of them gets the channel's news.
import type { Logger } from '../ops/logger.ts';
import type { FeedListener } from '../redis/feed-links.ts';

interface NewsListener<News> {
  onNews(news: News): void;
  onPossibleGap(): void;
}

interface FeedListenersDeps<News> {
  readonly channel: string;
  readonly logger: Logger;
  /** Throws when the text is no news. */
  readonly parse: (text: string) => News;
}

export class FeedListeners<News> implements FeedListener {
  readonly #deps: FeedListenersDeps<News>;
  readonly #listeners = new Set<NewsListener<News>>();

  constructor(deps: FeedListenersDeps<News>) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: NewsListener<News>): void {
    this.#listeners.add(listener);
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
