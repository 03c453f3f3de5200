// Redis engine of the room feed: one channel for each room, subscribed while this node serves the room.
import type { Logger } from '../ops/logger.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { FeedLinks } from '../redis/feed-links.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import { parseNews } from './feed-codec.ts';
import { FeedListeners } from './feed-listeners.ts';
import type { RoomFeed, RoomListener, RoomNews, Unsubscribe } from './room-feed.ts';

/** A subscription that takes longer fails with StoreUnavailableError: a command must be answered within 2 s (ACK-4). */
const SUBSCRIBE_TIMEOUT_MS = 1_500;

interface RedisRoomFeedDeps {
  readonly feed: FeedLinks;
  readonly keys: RedisKeys;
  readonly logger: Logger;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

interface Channel {
  readonly listeners: FeedListeners<RoomNews>;
  /** Resolves when the channel is subscribed. Null: nothing was tried yet, or Redis refused it. */
  subscribed: Promise<void> | null;
}

export class RedisRoomFeed implements RoomFeed {
  readonly #deps: RedisRoomFeedDeps;
  readonly #channels = new Map<string, Channel>();

  constructor(deps: RedisRoomFeedDeps) {
    this.#deps = deps;
  }

  async subscribe(roomId: RoomId, listener: RoomListener): Promise<Unsubscribe> {
    const name = this.#deps.keys.channel(roomId);
    const channel = this.#channelOf(name);
    channel.listeners.add(listener);
    try {
      await this.#withinTimeout(this.#subscribe(name, channel));
    } catch (error) {
      this.#forget(name, listener);
      throw error;
    }
    return async () => this.#forget(name, listener);
  }

  #channelOf(name: string): Channel {
    const known = this.#channels.get(name);
    if (known) return known;
    const { logger } = this.#deps;
    const listeners = new FeedListeners<RoomNews>({ channel: name, logger, parse: parseNews });
    const channel: Channel = { listeners, subscribed: null };
    this.#channels.set(name, channel);
    return channel;
  }

  /** The first listener of a channel subscribes it; the others wait for that, or need not wait at all. */
  #subscribe(name: string, channel: Channel): Promise<void> {
    if (channel.subscribed) return channel.subscribed;
    const subscribed = this.#deps.feed.subscribe(name, channel.listeners);
    channel.subscribed = subscribed;
    // After a refusal the next listener may try again.
    subscribed.catch(() => {
      if (channel.subscribed === subscribed) channel.subscribed = null;
    });
    return subscribed;
  }

  #forget(name: string, listener: RoomListener): void {
    const channel = this.#channels.get(name);
    channel?.listeners.delete(listener);
    if (!channel || channel.listeners.size > 0) return;
    this.#channels.delete(name);
    this.#deps.feed.unsubscribe(name);
  }

  #withinTimeout(subscribed: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#deps.after(SUBSCRIBE_TIMEOUT_MS, () =>
        reject(new StoreUnavailableError('the subscription took too long')),
      );
      subscribed.then(resolve, (error: Error) => reject(new StoreUnavailableError(error.message))).finally(cancel);
    });
  }
}
