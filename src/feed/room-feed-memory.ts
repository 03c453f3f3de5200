// Memory engine of the room feed: one process. News arrives in a later microtask, as over a network.
import type { RoomId } from '../protocol/ids.ts';
import type { RoomFeed, RoomListener, RoomNews, Unsubscribe } from './room-feed.ts';

export class MemoryRoomFeed implements RoomFeed {
  readonly #listeners = new Map<RoomId, Set<RoomListener>>();

  async subscribe(roomId: RoomId, listener: RoomListener): Promise<Unsubscribe> {
    const listeners = this.#listeners.get(roomId) ?? new Set();
    this.#listeners.set(roomId, listeners.add(listener));
    return async () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(roomId) === listeners) this.#listeners.delete(roomId);
    };
  }

  publish(roomId: RoomId, news: RoomNews): void {
    const listeners = [...(this.#listeners.get(roomId) ?? [])];
    queueMicrotask(() => {
      for (const listener of listeners) listener.onNews(news);
    });
  }
}
