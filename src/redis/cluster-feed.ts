// The feeds of rooms in a Cluster: sharded channels, each on a connection to the master that has its slot, and after it
// when the slot moves. Must not look into what is heard.
import type { Logger } from '../ops/logger.ts';
import type { ClusterLinks, ClusterWatcher } from './cluster-links.ts';
import type { ClusterMap } from './cluster-map.ts';
import { ChannelGivenUpError, type FeedLinks, type FeedListener } from './feed-links.ts';
import { slotOf } from './slots.ts';
import type { Subscriber } from './subscriber.ts';

interface ClusterFeedDeps {
  readonly links: ClusterLinks;
  /** A connection to that master, whose probes go by one of its slots. */
  readonly open: (master: string, slot: number) => Subscriber;
  /** The channel of a connection's probes in that slot. */
  readonly probeChannel: (slot: number) => string;
  readonly logger: Logger;
}

interface Channel {
  readonly listener: FeedListener;
  /** Where it is, or is about to be, listened to. */
  at: string | null;
  /** Set when it has been listened to once. */
  isPlaced: boolean;
  readonly placed: () => void;
  readonly givenUp: (error: Error) => void;
}

export class ClusterFeed implements FeedLinks, ClusterWatcher {
  readonly #deps: ClusterFeedDeps;
  readonly #channels = new Map<string, Channel>();
  readonly #subscribers = new Map<string, { readonly subscriber: Subscriber; slot: number }>();
  #map: ClusterMap | null = null;

  constructor(deps: ClusterFeedDeps) {
    this.#deps = deps;
    deps.links.watch(this);
  }

  subscribe(channel: string, listener: FeedListener): Promise<void> {
    return new Promise((resolve, reject) => {
      const one: Channel = { listener, at: null, isPlaced: false, placed: resolve, givenUp: reject };
      this.#channels.set(channel, one);
      this.#place(channel, one);
    });
  }

  unsubscribe(channel: string): void {
    const one = this.#channels.get(channel);
    this.#channels.delete(channel);
    if (one?.at) this.#subscribers.get(one.at)?.subscriber.unsubscribe(channel);
    one?.givenUp(new ChannelGivenUpError(channel));
  }

  close(): void {
    for (const { subscriber } of this.#subscribers.values()) subscriber.close();
    this.#subscribers.clear();
    for (const [channel, { givenUp }] of this.#channels) givenUp(new ChannelGivenUpError(channel));
    this.#channels.clear();
  }

  looked(map: ClusterMap): void {
    this.#map = map;
    for (const [master, slot] of map.masters) this.#subscribeAt(master, slot);
    for (const [channel, one] of this.#channels) {
      const owner = map.ownerOf(channel);
      if (owner === undefined || owner === one.at) continue;
      if (one.at) this.#subscribers.get(one.at)?.subscriber.unsubscribe(channel);
      this.#place(channel, one);
    }
    for (const [master, { subscriber }] of this.#subscribers) {
      if (map.masters.has(master)) {
        // What went away and came back is no longer listened to, though it is where it was.
        for (const channel of subscriber.lost()) this.#resubscribe(channel);
      } else {
        this.#subscribers.delete(master);
        subscriber.close();
        for (const one of this.#channels.values()) if (one.at === master) one.at = null;
      }
    }
  }

  leaving(slots: ReadonlySet<number>): void {
    for (const [channel, { listener }] of this.#channels) if (slots.has(slotOf(channel))) listener.onPossibleGap();
  }

  back(master: string): void {
    for (const { at, listener } of this.#channels.values()) if (at === master) listener.onPossibleGap();
  }

  #subscribeAt(master: string, slot: number): void {
    const known = this.#subscribers.get(master);
    if (!known) this.#subscribers.set(master, { subscriber: this.#deps.open(master, slot), slot });
    else if (known.slot !== slot) {
      known.slot = slot;
      known.subscriber.probeOn(this.#deps.probeChannel(slot));
    }
  }

  #resubscribe(channel: string): void {
    const one = this.#channels.get(channel);
    if (one?.isPlaced) this.#place(channel, one);
  }

  /** Where nobody is yet, the next look at the map tries again. */
  #place(channel: string, one: Channel): void {
    const owner = this.#map?.ownerOf(channel) ?? null;
    const subscriber = owner === null ? undefined : this.#subscribers.get(owner)?.subscriber;
    one.at = subscriber ? owner : null;
    subscriber?.subscribe(channel, one.listener).then(
      () => {
        if (this.#channels.get(channel) !== one || one.at !== owner) return;
        if (one.isPlaced) one.listener.onPossibleGap();
        one.isPlaced = true;
        one.placed();
      },
      (error: Error) => {
        if (this.#channels.get(channel) !== one || one.at !== owner) return;
        if (error instanceof ChannelGivenUpError) return;
        one.at = null;
        this.#deps.logger.info({ channel, error: error.message }, 'the feed of a room is elsewhere');
        this.#deps.links.refresh();
      },
    );
  }
}
