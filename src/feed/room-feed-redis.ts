// Redis engine of the room feed: one channel for each room, subscribed while this node serves the room.
import type { Ambient } from '../ops/ambient.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { FeedLinks } from '../redis/feed-links.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import { parseNews } from './feed-codec.ts';
import { FeedListeners } from './feed-listeners.ts';
import type { RoomFeed, RoomListener, RoomNews, Unsubscribe } from './room-feed.ts';

/** A subscription that takes longer fails with StoreUnavailableError: a command must be answered within 2 s (ACK-4). */
const SUBSCRIBE_TIMEOUT_MS = 1_500;

interface RedisRoomFeedDeps extends Pick<Ambient, 'clock' | 'logger'> {
  readonly feed: FeedLinks;
  readonly keys: RedisKeys;
}

export class RedisRoomFeed implements RoomFeed {
  readonly #deps: RedisRoomFeedDeps;
  readonly #channels = new Map<string, FeedListeners<RoomNews>>();

  constructor(deps: RedisRoomFeedDeps) {
    this.#deps = deps;
  }

  async subscribe(roomId: RoomId, listener: RoomListener): Promise<Unsubscribe> {
    const channel = this.#deps.keys.channel(roomId);
    const listeners = this.#channels.get(channel) ?? new FeedListeners({ ...this.#deps, channel, parse: parseNews });
    this.#channels.set(channel, listeners);
    try {
      await this.#withinTimeout(listeners.add(listener));
    } catch (error) {
      this.#forget(channel, listener);
      throw error;
    }
    return async () => this.#forget(channel, listener);
  }

  #forget(channel: string, listener: RoomListener): void {
    const listeners = this.#channels.get(channel);
    listeners?.delete(listener);
    if (!listeners || listeners.size > 0) return;
    this.#channels.delete(channel);
    this.#deps.feed.unsubscribe(channel);
  }

  #withinTimeout(subscribed: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#deps.clock.after(SUBSCRIBE_TIMEOUT_MS, () =>
        reject(new StoreUnavailableError('the subscription took too long')),
      );
      subscribed.then(resolve, reject).finally(cancel);
    });
  }
}
