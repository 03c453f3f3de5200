// A node's subscriptions. A news item arrives late, twice, in another order than those of other rooms, or not at all.
// In the last case the node learns of a possible gap ([F1], [F2] of feed/feed).
import type { RoomFeed, RoomListener, RoomNews, Unsubscribe } from '../../src/feed/room-feed.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import type { Dice } from './dice.ts';
import type { Host } from './host.ts';
import type { Link } from './link.ts';
import type { Schedule } from './schedule.ts';

/** A silent subscription is found within this time, by probes. */
const STARVATION_MAX_MS = 5_000;

export interface FeedWeather {
  slowestMs: number;
  /** The percentages of news items that are lost, and that arrive twice. */
  lossPercent: number;
  repetitionPercent: number;
}

const calm: FeedWeather = { slowestMs: 5, lossPercent: 0, repetitionPercent: 0 };

interface FeedDeps {
  readonly schedule: Schedule;
  readonly host: Host;
  readonly dice: Dice;
  /** The connection for subscribing. */
  readonly link: Link;
  readonly feed: RoomFeed;
}

interface Subscription {
  readonly roomId: RoomId;
  readonly listener: RoomListener;
  /** When its last news item arrives. */
  lastAt: number;
}

export class Feed implements RoomFeed {
  readonly weather: FeedWeather = { ...calm };
  readonly #deps: FeedDeps;
  readonly #subscriptions = new Set<Subscription>();
  #isCut = false;
  #interruptions = 0;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  async subscribe(roomId: RoomId, listener: RoomListener): Promise<Unsubscribe> {
    const { link, feed } = this.#deps;
    const own: Subscription = { roomId, listener, lastAt: 0 };
    let end: Unsubscribe = async () => undefined;
    const begin = async () => {
      this.#subscriptions.add(own);
      end = await feed.subscribe(roomId, {
        onNews: (news) => this.#deliver(own, news),
        onPossibleGap: () => this.#reportGap(own),
      });
    };
    const stop = async () => {
      this.#subscriptions.delete(own);
      await end();
    };
    await link.call({ lane: `subscribe ${roomId}`, carryOut: begin }).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    // The server may still count the subscription; that makes no difference here.
    return stop;
  }

  calm(): void {
    Object.assign(this.weather, calm);
  }

  /** Nothing arrives any more. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#interruptions++;
    this.#deps.link.cut();
  }

  /** The connection was replaced: everything is subscribed again, and every subscription has a possible gap. */
  heal(): void {
    if (!this.#isCut) return;
    this.#isCut = false;
    this.#deps.link.heal();
    for (const one of this.#subscriptions) this.#reportGap(one);
  }

  /** Every subscription has a possible gap, as after a change of the master. */
  reportGaps(): void {
    for (const one of this.#subscriptions) this.#reportGap(one);
  }

  #reportGap(own: Subscription): void {
    this.#deps.host.do(() => {
      if (this.#subscriptions.has(own)) own.listener.onPossibleGap();
    });
  }

  #deliver(own: Subscription, news: RoomNews): void {
    const { dice, schedule } = this.#deps;
    const { lossPercent, repetitionPercent } = this.weather;
    if (this.#isCut) return;
    if (dice.chance(lossPercent)) {
      schedule.in(dice.integer(10, STARVATION_MAX_MS), () => this.#reportGap(own));
      return;
    }
    this.#arrive(own, news);
    // A repeated message would be shown twice. An item with a version or a fence must do no harm.
    const mayRepeat = news.kind === 'commit' || news.kind === 'audience';
    if (mayRepeat && dice.chance(repetitionPercent)) this.#arrive(own, news);
  }

  #arrive(own: Subscription, news: RoomNews): void {
    const { dice, schedule, host } = this.#deps;
    const interruptions = this.#interruptions;
    own.lastAt = Math.max(own.lastAt, schedule.now + dice.integer(1, this.weather.slowestMs + 1));
    schedule.in(own.lastAt - schedule.now, () => {
      if (this.#isCut || interruptions !== this.#interruptions) return;
      host.do(() => {
        if (this.#subscriptions.has(own)) own.listener.onNews(news);
      });
    });
  }
}
