// One connection for subscriptions. It subscribes its channels anew when its link breaks, and finds out by probes when it
// hears nothing any more, which TCP and the driver may not notice for a quarter of an hour. Must not look into what is heard.
import type { Redis } from 'ioredis';
import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import { replaceLink } from './dial.ts';
import { ChannelGivenUpError, type FeedLinks, type FeedListener } from './feed-links.ts';
import { slotOf } from './slots.ts';

/** With what a new link takes, nobody is left without news for longer than 5 s. */
const PROBE_INTERVAL_MS = 2_000;
const PROBE_PATIENCE_MS = 1_500;
/** After a standstill of this process, what TCP has kept is not let in: it would tell of the past as if it were now. */
const STANDSTILL_MS = PROBE_INTERVAL_MS + 4_000;

/** How channels are subscribed: on one server all at once; sharded ones, which a Cluster keeps in slots, slot by slot. */
export type Mode = 'classic' | 'sharded';

interface SubscriberDeps {
  /** Opened for commands, so that nothing waits in the driver. */
  readonly redis: Redis;
  readonly mode: Mode;
  readonly probeChannel: string;
  /** Publishes by the way of commands; resolves when the server has done it. */
  readonly publish: (channel: string, text: string) => Promise<unknown>;
  /** Sharded: the server no longer has a slot that was subscribed here. */
  readonly moved?: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Channel {
  readonly listener: FeedListener;
  readonly subscribed: () => void;
  readonly givenUp: (error: Error) => void;
}

export class Subscriber implements FeedLinks {
  readonly #deps: SubscriberDeps;
  readonly #channels = new Map<string, Channel>();
  #probe: string;
  /** Whether the server lets us listen to it: only then does silence mean something. */
  #isProbeHeard = false;
  #probes = 0;
  #heardProbe = 0;
  #cancelProbe: () => void = () => undefined;
  #isBroken = false;
  /** By the clock's monotonic(): when this process was last seen to go on. */
  #awakeAt: number;

  constructor(deps: SubscriberDeps) {
    this.#deps = deps;
    this.#probe = deps.probeChannel;
    this.#awakeAt = deps.clock.monotonic();
    const { redis, mode, moved } = deps;
    redis.on(mode === 'classic' ? 'message' : 'smessage', (channel: string, text: string) => {
      if (this.#isOld()) replaceLink(redis);
      else this.#channels.get(channel)?.listener.onText(text);
    });
    redis.on('ready', () => {
      this.#subscribeAnew().catch((error: unknown) => deps.logger.error({ error }, 'the redis feed failed'));
    });
    redis.on('close', () => {
      this.#isBroken = true;
      this.#isProbeHeard = false;
    });
    if (moved) redis.on('moved', moved);
    this.probeOn(deps.probeChannel);
    this.#cancelProbe = deps.clock.after(PROBE_INTERVAL_MS, () => this.#sendProbe());
  }

  subscribe(channel: string, listener: FeedListener): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#channels.get(channel)?.givenUp(new ChannelGivenUpError(channel));
      this.#channels.set(channel, { listener, subscribed: resolve, givenUp: reject });
      if (this.#deps.redis.status === 'ready') this.#ask([channel]).catch(reject);
    });
  }

  unsubscribe(channel: string): void {
    const { redis, mode } = this.#deps;
    this.#channels.get(channel)?.givenUp(new ChannelGivenUpError(channel));
    if (!this.#channels.delete(channel) || redis.status !== 'ready') return;
    // Nobody waits for it: a new link knows no old channels.
    (mode === 'classic' ? redis.unsubscribe(channel) : redis.sunsubscribe(channel)).catch(() => undefined);
  }

  /** From now on the probes take that channel. */
  probeOn(channel: string): void {
    if (channel !== this.#probe) this.unsubscribe(this.#probe);
    this.#probe = channel;
    const onText = (text: string) => {
      this.#heardProbe = Number(text);
    };
    this.#isProbeHeard = false;
    this.subscribe(channel, { onText, onPossibleGap: () => undefined }).then(
      () => {
        this.#isProbeHeard = this.#probe === channel;
      },
      (error: Error) => {
        if (error instanceof ChannelGivenUpError) return;
        this.#deps.logger.warn({ channel, error: error.message }, 'the redis feed cannot be probed');
      },
    );
  }

  /** The channels that the server has taken off this connection by itself. */
  lost(): string[] {
    const { redis } = this.#deps;
    const set = redis.condition?.subscriber;
    if (redis.status !== 'ready' || this.#isBroken) return [];
    const kept = new Set(typeof set === 'object' ? set.channels('ssubscribe') : []);
    return [...this.#channels.keys()].filter((channel) => !kept.has(channel));
  }

  /** Everybody who listens here may have missed something. */
  resyncAll(): void {
    for (const { listener } of this.#channels.values()) listener.onPossibleGap();
  }

  close(): void {
    this.#cancelProbe();
    this.#deps.redis.disconnect();
    for (const [channel, { givenUp }] of this.#channels) givenUp(new ChannelGivenUpError(channel));
    this.#channels.clear();
  }

  /** First the channels, then the doubt: what is told in between would be heard by nobody otherwise [F1]. */
  async #subscribeAnew(): Promise<void> {
    const { logger } = this.#deps;
    const wasBroken = this.#isBroken;
    this.#isBroken = false;
    const channels = [...this.#channels.keys()];
    const isWhole = await this.#ask(channels);
    if (isWhole) this.#isProbeHeard = channels.includes(this.#probe);
    if (!wasBroken || !isWhole) return;
    logger.warn({ channels: channels.length }, 'the redis feed was interrupted, positions are read again');
    for (const channel of channels) this.#channels.get(channel)?.listener.onPossibleGap();
  }

  /** Whether the link held meanwhile; if it did not, the next one begins anew. */
  async #ask(channels: readonly string[]): Promise<boolean> {
    const { redis, mode } = this.#deps;
    const groups = mode === 'classic' ? [channels] : bySlot(channels);
    let isWhole = true;
    const asked = groups.map(async (group) => {
      const known = group.map((channel) => [channel, this.#channels.get(channel)] as const);
      try {
        await (mode === 'classic' ? redis.subscribe(...group) : redis.ssubscribe(...group));
        for (const [, one] of known) one?.subscribed();
      } catch (error) {
        if ((error as Error).name === 'ReplyError') {
          for (const [channel, one] of known) this.#refused(channel, one, error as Error);
        } else isWhole = false;
      }
    });
    await Promise.all(asked);
    return isWhole;
  }

  #refused(channel: string, one: Channel | undefined, error: Error): void {
    if (one && this.#channels.get(channel) === one) this.#channels.delete(channel);
    one?.givenUp(error);
    this.#deps.moved?.();
  }

  /** What is heard first after a standstill, before any timer rings, was waiting for it. */
  #isOld(): boolean {
    return this.#deps.clock.monotonic() - this.#awakeAt > STANDSTILL_MS;
  }

  #sendProbe(): void {
    const { redis, clock, logger, publish } = this.#deps;
    this.#cancelProbe = clock.after(PROBE_INTERVAL_MS, () => this.#sendProbe());
    this.#awakeAt = clock.monotonic();
    if (redis.status !== 'ready' || !this.#isProbeHeard) return;
    this.#probes += 1;
    const { stream } = redis;
    const [probe, channel] = [this.#probes, this.#probe];
    let isAnswered = false;
    publish(channel, String(probe)).then(
      () => {
        isAnswered = true;
      },
      () => undefined,
    );
    const judge = () => {
      if (this.#heardProbe >= probe || redis.stream !== stream || this.#probe !== channel) return;
      if (isAnswered) {
        logger.warn({ channels: this.#channels.size }, 'the redis feed is silent, its link is replaced');
        replaceLink(redis);
      } else this.#askLink();
    };
    // A stall of this process is not the link's: what has arrived meanwhile is heard first.
    clock.after(PROBE_PATIENCE_MS, () => clock.soon(() => clock.soon(judge)));
  }

  /**
   * The way of commands does not answer, so that a probe proves nothing. A link that owes a reply and brings nothing is given
   * up by the driver (dial): it would tell later, news by news, of seats that others have by then (PRES-3).
   */
  #askLink(): void {
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
