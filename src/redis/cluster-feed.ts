// The feeds of rooms in a Cluster: sharded channels, each on a connection to the master that has its slot. When a slot
// moves to another master, its channels follow.
import type { Ambient } from '../ops/ambient.ts';
import type { ClusterLinks, ClusterWatcher } from './cluster-links.ts';
import type { ClusterMap } from './cluster-map.ts';
import { ChannelGivenUpError, type FeedLinks, type FeedListener } from './feed-links.ts';
import { slotOf } from './slots.ts';
import type { Subscriber } from './subscriber.ts';

interface ClusterFeedDeps extends Pick<Ambient, 'logger'> {
  readonly links: ClusterLinks;
  /** Opens a connection to that master, whose probes use one of its slots. */
  readonly open: (master: string, slot: number) => Subscriber;
  /** The channel of a connection's probes in that slot. */
  readonly probeChannel: (slot: number) => string;
}

interface Channel {
  readonly listener: FeedListener;
  /** The master at which the channel is subscribed, or is about to be. */
  at: string | null;
  /** Whether it was ever subscribed. */
  wasSubscribed: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
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
      const one: Channel = { listener, at: null, wasSubscribed: false, resolve, reject };
      this.#channels.set(channel, one);
      this.#subscribeAtOwner(channel, one);
    });
  }

  unsubscribe(channel: string): void {
    const one = this.#channels.get(channel);
    this.#channels.delete(channel);
    if (one?.at) this.#subscribers.get(one.at)?.subscriber.unsubscribe(channel);
    one?.reject(new ChannelGivenUpError(channel));
  }

  close(): void {
    for (const { subscriber } of this.#subscribers.values()) subscriber.close();
    this.#subscribers.clear();
    for (const [channel, { reject }] of this.#channels) reject(new ChannelGivenUpError(channel));
    this.#channels.clear();
  }

  onMap(map: ClusterMap): void {
    this.#map = map;
    for (const [master, slot] of map.masters) this.#openAt(master, slot);
    for (const [channel, one] of this.#channels) {
      const owner = map.ownerOf(channel);
      if (owner === undefined || owner === one.at) continue;
      if (one.at) this.#subscribers.get(one.at)?.subscriber.unsubscribe(channel);
      this.#subscribeAtOwner(channel, one);
    }
    for (const [master, { subscriber }] of this.#subscribers) {
      if (map.masters.has(master)) {
        // A slot that left and came back is at the same master, which has dropped its subscriptions meanwhile.
        for (const channel of subscriber.droppedChannels()) this.#resubscribe(channel);
      } else {
        this.#subscribers.delete(master);
        subscriber.close();
        for (const one of this.#channels.values()) if (one.at === master) one.at = null;
      }
    }
  }

  onSlotsLeaving(slots: ReadonlySet<number>): void {
    for (const [channel, { listener }] of this.#channels) if (slots.has(slotOf(channel))) listener.onPossibleGap();
  }

  onMasterBack(master: string): void {
    for (const { at, listener } of this.#channels.values()) if (at === master) listener.onPossibleGap();
  }

  #openAt(master: string, slot: number): void {
    const known = this.#subscribers.get(master);
    if (!known) this.#subscribers.set(master, { subscriber: this.#deps.open(master, slot), slot });
    else if (known.slot !== slot) {
      known.slot = slot;
      known.subscriber.probeOn(this.#deps.probeChannel(slot));
    }
  }

  #resubscribe(channel: string): void {
    const one = this.#channels.get(channel);
    if (one?.wasSubscribed) this.#subscribeAtOwner(channel, one);
  }

  /** While no connection leads to the owner, the channel waits: the next map tries again. */
  #subscribeAtOwner(channel: string, one: Channel): void {
    const owner = this.#map?.ownerOf(channel) ?? null;
    const subscriber = owner === null ? undefined : this.#subscribers.get(owner)?.subscriber;
    one.at = subscriber ? owner : null;
    subscriber?.subscribe(channel, one.listener).then(
      () => {
        if (this.#channels.get(channel) !== one || one.at !== owner) return;
        if (one.wasSubscribed) one.listener.onPossibleGap();
        one.wasSubscribed = true;
        one.resolve();
      },
      (error: Error) => {
        if (this.#channels.get(channel) !== one || one.at !== owner) return;
        if (error instanceof ChannelGivenUpError) return;
        one.at = null;
        const fields = { event: 'redis.feed.moved', channel, error: error.message };
        this.#deps.logger.info(fields, 'The feed of a room is on another master.');
        this.#deps.links.refresh();
      },
    );
  }
}
