// One connection for subscriptions. It subscribes its channels again after its link broke. Probes show whether it still
// receives anything: TCP and the driver may not notice a dead link for a quarter of an hour.
import type { Redis } from 'ioredis';
import type { Ambient } from '../ops/ambient.ts';
import type { CancelTimer } from '../ops/clock.ts';
import { every } from '../ops/repeat.ts';
import { replaceLink } from './dial.ts';
import { ChannelGivenUpError, type FeedLinks, type FeedListener } from './feed-links.ts';
import { slotOf } from './slots.ts';

/** Together with the time for a new link, no listener is without news for longer than 5 s. */
const PROBE_INTERVAL_MS = 2_000;
const PROBE_PATIENCE_MS = 1_500;
/** After a standstill of this process, news that TCP has kept is dropped: it would show the past as the present. */
const STANDSTILL_MS = PROBE_INTERVAL_MS + 4_000;

/** How channels are subscribed: on one server all at once; in a Cluster, which keeps them in slots, slot by slot. */
export type Mode = 'classic' | 'sharded';

interface SubscriberDeps extends Pick<Ambient, 'clock' | 'logger'> {
  /** Opened for commands, so that the driver queues nothing. */
  readonly redis: Redis;
  readonly mode: Mode;
  readonly probeChannel: string;
  /** Publishes over the command connection. Resolves when the server has done it. */
  readonly publish: (channel: string, text: string) => Promise<unknown>;
  /** Sharded: the server no longer has a slot that was subscribed here. */
  readonly onMoved?: () => void;
}

interface Channel {
  readonly listener: FeedListener;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Subscriber implements FeedLinks {
  readonly #deps: SubscriberDeps;
  readonly #channels = new Map<string, Channel>();
  #probe: string;
  /** Whether the probe's channel is subscribed: only then does silence mean something. */
  #isProbeSubscribed = false;
  #probesSent = 0;
  #lastProbeReceived = 0;
  readonly #cancelProbes: CancelTimer;
  #isBroken = false;
  /** When a timer last showed that this process is running, monotonic time. */
  #awakeAt: number;

  constructor(deps: SubscriberDeps) {
    this.#deps = deps;
    this.#probe = deps.probeChannel;
    this.#awakeAt = deps.clock.monotonic();
    const { redis, mode, onMoved } = deps;
    redis.on(mode === 'classic' ? 'message' : 'smessage', (channel: string, text: string) => {
      if (this.#wasStanding()) replaceLink(redis);
      else this.#channels.get(channel)?.listener.onText(text);
    });
    redis.on('ready', () => {
      this.#resubscribeAll().catch((error: unknown) =>
        deps.logger.error({ event: 'redis.feed.failed', error }, 'The subscriptions could not be made again.'),
      );
    });
    redis.on('close', () => {
      this.#isBroken = true;
      this.#isProbeSubscribed = false;
    });
    if (onMoved) redis.on('moved', onMoved);
    this.probeOn(deps.probeChannel);
    this.#cancelProbes = every(deps.clock, PROBE_INTERVAL_MS, () => this.#sendProbe());
  }

  subscribe(channel: string, listener: FeedListener): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#channels.get(channel)?.reject(new ChannelGivenUpError(channel));
      this.#channels.set(channel, { listener, resolve, reject });
      if (this.#deps.redis.status === 'ready') this.#request([channel]).catch(reject);
    });
  }

  unsubscribe(channel: string): void {
    const { redis, mode } = this.#deps;
    this.#channels.get(channel)?.reject(new ChannelGivenUpError(channel));
    if (!this.#channels.delete(channel) || redis.status !== 'ready') return;
    // Not awaited: if it fails, the new link does not know the channel.
    (mode === 'classic' ? redis.unsubscribe(channel) : redis.sunsubscribe(channel)).catch(() => undefined);
  }

  /** From now on the probes use that channel. */
  probeOn(channel: string): void {
    if (channel !== this.#probe) this.unsubscribe(this.#probe);
    this.#probe = channel;
    const onText = (text: string) => {
      this.#lastProbeReceived = Number(text);
    };
    this.#isProbeSubscribed = false;
    this.subscribe(channel, { onText, onPossibleGap: () => undefined }).then(
      () => {
        this.#isProbeSubscribed = this.#probe === channel;
      },
      (error: Error) => {
        if (error instanceof ChannelGivenUpError) return;
        const fields = { event: 'redis.feed.unprobed', channel, error: error.message };
        this.#deps.logger.warn(fields, 'The feed connection cannot be probed.');
      },
    );
  }

  /** The channels that the server has dropped from this connection by itself. */
  droppedChannels(): string[] {
    const { redis } = this.#deps;
    const set = redis.condition?.subscriber;
    if (redis.status !== 'ready' || this.#isBroken) return [];
    const kept = new Set(typeof set === 'object' ? set.channels('ssubscribe') : []);
    return [...this.#channels.keys()].filter((channel) => !kept.has(channel));
  }

  /** Every listener may have missed something. */
  resyncAll(): void {
    for (const { listener } of this.#channels.values()) listener.onPossibleGap();
  }

  close(): void {
    this.#cancelProbes();
    this.#deps.redis.disconnect();
    for (const [channel, { reject }] of this.#channels) reject(new ChannelGivenUpError(channel));
    this.#channels.clear();
  }

  /** First the channels, then the possible gap: otherwise no listener would get what is published in between [F1]. */
  async #resubscribeAll(): Promise<void> {
    const { logger } = this.#deps;
    const wasBroken = this.#isBroken;
    this.#isBroken = false;
    const channels = [...this.#channels.keys()];
    const isComplete = await this.#request(channels);
    if (isComplete) this.#isProbeSubscribed = channels.includes(this.#probe);
    if (!wasBroken || !isComplete) return;
    const fields = { event: 'redis.feed.interrupted', channels: channels.length };
    logger.warn(fields, 'The feed connection was interrupted; its rooms are read again.');
    for (const channel of channels) this.#channels.get(channel)?.listener.onPossibleGap();
  }

  /** Subscribes the channels. False when the link broke meanwhile: the next link subscribes them again. */
  async #request(channels: readonly string[]): Promise<boolean> {
    const { redis, mode } = this.#deps;
    const groups = mode === 'classic' ? [channels] : bySlot(channels);
    let isComplete = true;
    const asked = groups.map(async (group) => {
      const known = group.map((channel) => [channel, this.#channels.get(channel)] as const);
      try {
        await (mode === 'classic' ? redis.subscribe(...group) : redis.ssubscribe(...group));
        for (const [, one] of known) one?.resolve();
      } catch (error) {
        if ((error as Error).name === 'ReplyError') {
          for (const [channel, one] of known) this.#onRefusal(channel, one, error as Error);
        } else isComplete = false;
      }
    });
    await Promise.all(asked);
    return isComplete;
  }

  #onRefusal(channel: string, one: Channel | undefined, error: Error): void {
    if (one && this.#channels.get(channel) === one) this.#channels.delete(channel);
    one?.reject(error);
    this.#deps.onMoved?.();
  }

  /** Whether this process stood still until now: the first messages after that come before any timer, and are old. */
  #wasStanding(): boolean {
    return this.#deps.clock.monotonic() - this.#awakeAt > STANDSTILL_MS;
  }

  #sendProbe(): void {
    const { redis, clock, logger, publish } = this.#deps;
    this.#awakeAt = clock.monotonic();
    if (redis.status !== 'ready' || !this.#isProbeSubscribed) return;
    this.#probesSent += 1;
    const { stream } = redis;
    const [probe, channel] = [this.#probesSent, this.#probe];
    let isAnswered = false;
    publish(channel, String(probe)).then(
      () => {
        isAnswered = true;
      },
      () => undefined,
    );
    const judge = () => {
      if (this.#lastProbeReceived >= probe || redis.stream !== stream || this.#probe !== channel) return;
      if (isAnswered) {
        const fields = { event: 'redis.feed.silent', channels: this.#channels.size };
        logger.warn(fields, 'The feed connection receives nothing; its link is replaced.');
        replaceLink(redis);
      } else this.#pingLink();
    };
    // This process may have stalled, not the link: what has arrived meanwhile is handled first.
    clock.after(PROBE_PATIENCE_MS, () => clock.soon(() => clock.soon(judge)));
  }

  /**
   * The command connection does not answer either, so the probe proves nothing. A PING makes this link owe a reply, and
   * the driver gives up a link that owes one and delivers nothing (dial). Such a link would later show, one news after
   * another, seats that other users have by then (PRES-3).
   */
  #pingLink(): void {
    const { redis } = this.#deps;
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }
}

function bySlot(channels: readonly string[]): string[][] {
  const groups = new Map<number, string[]>();
  for (const channel of channels) {
    const slot = slotOf(channel);
    groups.set(slot, [...(groups.get(slot) ?? []), channel]);
  }
  return [...groups.values()];
}
