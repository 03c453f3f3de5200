// Redis engine of the feed: one channel a room, subscribed while this node holds it. Must not look into the news.
import type { Logger } from '../ops/logger.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { FeedLinks } from '../redis/feed-links.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import { parseNews } from './feed-codec.ts';
import type { RoomFeed, RoomListener, Unsubscribe } from './room-feed.ts';

/** How long a subscription may take before whoever waits for it is told that the store is away (ACK-4). */
const SUBSCRIBE_TIMEOUT_MS = 1_500;

interface RedisRoomFeedDeps {
  readonly feed: FeedLinks;
  readonly keys: RedisKeys;
  readonly logger: Logger;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

export class RedisRoomFeed implements RoomFeed {
  readonly #deps: RedisRoomFeedDeps;
  readonly #listeners = new Map<string, Set<RoomListener>>();
  /** Channels that somebody waits for. */
  readonly #coming = new Map<string, Promise<void>>();

  constructor(deps: RedisRoomFeedDeps) {
    this.#deps = deps;
  }

  async subscribe(roomId: RoomId, listener: RoomListener): Promise<Unsubscribe> {
    const channel = this.#deps.keys.channel(roomId);
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    try {
      await this.#withinTimeout(this.#subscribe(channel));
    } catch (error) {
      this.#forget(channel, listener);
      throw error;
    }
    return async () => this.#forget(channel, listener);
  }

  /** Whoever listens to a channel that is listened to already need not wait. */
  #subscribe(channel: string): Promise<void> {
    const known = this.#coming.get(channel);
    if (known) return known;
    const listeners = () => this.#listeners.get(channel) ?? [];
    const coming = this.#deps.feed.subscribe(channel, {
      onText: (text) => this.#onText(channel, text),
      onPossibleGap: () => {
        for (const listener of listeners()) listener.onPossibleGap();
      },
    });
    this.#coming.set(channel, coming);
    // Whom the server refuses may try again.
    coming.catch(() => {
      if (this.#coming.get(channel) === coming) this.#coming.delete(channel);
    });
    return coming;
  }

  #forget(channel: string, listener: RoomListener): void {
    const listeners = this.#listeners.get(channel);
    listeners?.delete(listener);
    if (!listeners || listeners.size > 0) return;
    this.#listeners.delete(channel);
    this.#coming.delete(channel);
    this.#deps.feed.unsubscribe(channel);
  }

  #onText(channel: string, text: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) {
      try {
        listener.onNews(parseNews(text));
      } catch (error) {
        // Neither a message that is none nor a fault of ours may end the process: the room is read again instead.
        this.#deps.logger.error({ error, channel }, 'news could not be heard');
        listener.onPossibleGap();
      }
    }
  }

  #withinTimeout(coming: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#deps.after(SUBSCRIBE_TIMEOUT_MS, () =>
        reject(new StoreUnavailableError('the subscription did not come in time')),
      );
      coming.then(resolve, (error: Error) => reject(new StoreUnavailableError(error.message))).finally(cancel);
    });
  }
}
