// The way of commands in a Cluster: to the master that has the key's slot, after it when it moves. The driver's own
// Cluster is not used: it cannot tell a command that was never sent from one whose reply was lost, and sends both again
// or neither (D8). Must not know scripts' meaning.
import type { Redis } from 'ioredis';
import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import type { Random } from '../ops/random.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import { ClusterMap, type SlotRange, slotsLeaving } from './cluster-map.ts';
import { CommandLink } from './command-link.ts';
import type { Command, CommandLinks } from './command-links.ts';
import type { Locator } from './located-connector.ts';
import { type Address, addressText, parseAddress } from './topology.ts';

/** How often the map is looked at anew without a reason. */
const ROUND_MS = 2_000;
/** How soon it is looked at again with one, so that a crowd of reasons is one look. */
const REFRESH_AFTER_MS = 50;
const ANSWER_MS = 1_000;
const TRY_AGAIN_MS = { min: 20, max: 60 } as const;
/** A connection to who is no master any more is kept until what is on its way has come back. */
const CLOSE_AFTER_MS = 2_000;

interface ClusterLinksDeps {
  readonly seeds: readonly Address[];
  readonly dial: (address: Address) => Redis;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What those who listen to the Cluster's feeds want to know. */
export interface ClusterWatcher {
  /** The map was looked at, and is perhaps another. */
  looked(map: ClusterMap): void;
  /** These slots are on their way: what is told in them may be told at their new place already. */
  leaving(slots: ReadonlySet<number>): void;
  /** The connection to a master is back. */
  back(master: string): void;
}

type Target = { readonly master: string; readonly isAsking: boolean };

export class ClusterLinks implements CommandLinks, Locator {
  readonly #deps: ClusterLinksDeps;
  readonly #map = new ClusterMap();
  readonly #links = new Map<string, CommandLink>();
  readonly #scripts: [string, string][] = [];
  readonly #watchers: ClusterWatcher[] = [];
  #isClosed = false;
  #isLooking = false;
  #cancelRefresh: (() => void) | null = null;
  #cancelRound: () => void = () => undefined;

  constructor(deps: ClusterLinksDeps) {
    this.#deps = deps;
  }

  /** Rejects when no node can say who has the slots, or a master cannot be reached. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#map.masters.size === 0) throw new Error('no node of the Redis Cluster can be reached');
    await Promise.all(this.masters().map((link) => this.#ready(link, ANSWER_MS * 2)));
    this.#cancelRound = this.#deps.clock.after(ROUND_MS, () => this.#round());
  }

  watch(watcher: ClusterWatcher): void {
    this.#watchers.push(watcher);
    watcher.looked(this.#map);
  }

  define(name: string, lua: string): void {
    this.#scripts.push([name, lua]);
    for (const { redis } of this.#links.values()) redis.defineCommand(name, { lua });
  }

  masters(): readonly CommandLink[] {
    return [...this.#map.masters.keys()].map((master) => this.#linkTo(master));
  }

  /** The connection to a master, by its address. */
  link(master: string): CommandLink {
    return this.#linkTo(master);
  }

  /** Any master that is there: what is not a room's goes everywhere by itself. */
  async locate(): Promise<Address> {
    const there = [...this.#map.masters.keys()].filter((master) => this.#links.get(master)?.isReady);
    const address = parseAddress(there[this.#deps.random.integer(0, Math.max(1, there.length))] ?? '');
    if (!address) throw new Error('no master of the Redis Cluster can be reached');
    return address;
  }

  isRight(): boolean {
    return true;
  }

  async call<Reply>(key: string, command: Command<Reply>, deadlineMs: number): Promise<Reply> {
    const { clock } = this.#deps;
    const until = clock.monotonic() + deadlineMs;
    let target = this.#targetOf(key);
    for (;;) {
      const leftMs = Math.max(1, until - clock.monotonic());
      const link = this.#linkTo(target.master);
      if (!link.isReady) await this.#ready(link, leftMs);
      try {
        return await link.call(target.isAsking ? asking(command) : command, leftMs);
      } catch (error) {
        const next = await this.#after(error as Error, key);
        if (!next || clock.monotonic() >= until) throw error;
        target = next;
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRound();
    this.#cancelRefresh?.();
    for (const { redis } of this.#links.values()) redis.disconnect();
  }

  /** Looks at the map soon. */
  refresh(): void {
    if (this.#cancelRefresh || this.#isClosed) return;
    this.#cancelRefresh = this.#deps.clock.after(REFRESH_AFTER_MS, () => {
      this.#cancelRefresh = null;
      this.#look().catch(this.#failed);
    });
  }

  #targetOf(key: string): Target {
    const master = this.#map.ownerOf(key) ?? [...this.#map.masters.keys()][0];
    if (master === undefined) throw new StoreUnavailableError('the slot is nobody’s');
    return { master, isAsking: false };
  }

  /** Where to go on after a refusal that says that nothing was done; null: it is the caller's. */
  async #after(error: Error, key: string): Promise<Target | null> {
    if (error.name !== 'ReplyError') return null;
    const [what, slot, master = ''] = error.message.split(' ');
    if (what === 'MOVED') {
      this.#map.moved(Number(slot), master);
      this.refresh();
      return this.#targetOf(key);
    }
    if (what === 'ASK') return { master, isAsking: true };
    if (what !== 'TRYAGAIN') return null;
    const { clock, random } = this.#deps;
    const waitMs = random.integer(TRY_AGAIN_MS.min, TRY_AGAIN_MS.max);
    await new Promise<void>((resolve) => clock.after(waitMs, resolve));
    return this.#targetOf(key);
  }

  #linkTo(master: string): CommandLink {
    const known = this.#links.get(master);
    if (known) return known;
    const address = parseAddress(master);
    if (!address) throw new StoreUnavailableError(`${master} is no address`);
    const redis = this.#deps.dial(address);
    const link = new CommandLink(redis, this.#deps.clock);
    this.#links.set(master, link);
    for (const [name, lua] of this.#scripts) redis.defineCommand(name, { lua });
    let isBack = false;
    redis.on('close', () => this.refresh());
    redis.on('ready', () => {
      if (isBack) for (const watcher of this.#watchers) watcher.back(master);
      isBack = true;
    });
    redis.connect().catch(() => undefined);
    return link;
  }

  /** A connection that is being made is waited for, one that is broken is not (ACK-4). */
  #ready({ redis, isReady }: CommandLink, withinMs: number): Promise<void> {
    if (isReady) return Promise.resolve();
    const away = () => new StoreUnavailableError(`redis is ${redis.status}`);
    if (redis.status !== 'connecting' && redis.status !== 'connect') return Promise.reject(away());
    return new Promise((resolve, reject) => {
      const end = () => {
        cancel();
        redis.off('ready', ready);
        redis.off('close', failed);
      };
      const ready = () => {
        end();
        resolve();
      };
      const failed = () => {
        end();
        reject(away());
      };
      const cancel = this.#deps.clock.after(withinMs, failed);
      redis.once('ready', ready);
      redis.once('close', failed);
    });
  }

  #round(): void {
    this.#cancelRound = this.#deps.clock.after(ROUND_MS, () => this.#round());
    this.#look().catch(this.#failed);
    this.#watchSlots().catch(this.#failed);
  }

  async #watchSlots(): Promise<void> {
    const asked = this.masters().map((link) => link.call((redis) => redis.cluster('NODES'), ANSWER_MS));
    const answers = await Promise.allSettled(asked);
    const slots = answers.flatMap((one) => (one.status === 'fulfilled' ? slotsLeaving(String(one.value)) : []));
    if (slots.length > 0) for (const watcher of this.#watchers) watcher.leaving(new Set(slots));
  }

  readonly #failed = (error: unknown) => this.#deps.logger.error({ error }, 'the map of the Redis Cluster failed');

  /** Asks one node after the other for the map; those whom we know first, then those whom we were told of at start. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    const known = [...this.#links.values()].filter((link) => link.isReady);
    const { integer } = this.#deps.random;
    const first = known.length > 1 ? integer(0, known.length) : 0;
    const seeds = known.length > 0 ? [] : this.#deps.seeds.map((seed) => this.#linkTo(addressText(seed)));
    for (const link of [...known.slice(first), ...known.slice(0, first), ...seeds]) {
      const isTaken = await this.#ready(link, ANSWER_MS)
        .then(() => link.call((redis) => redis.cluster('SLOTS'), ANSWER_MS))
        .then((ranges) => this.#take(ranges as unknown as SlotRange[], link))
        .catch(() => false);
      if (isTaken) break;
    }
    this.#isLooking = false;
  }

  #take(ranges: readonly SlotRange[], { redis }: CommandLink): boolean {
    if (this.#isClosed || ranges.length === 0) return false;
    this.#map.take(ranges, redis.options.host ?? '');
    this.masters();
    for (const [address, link] of this.#links) {
      if (this.#map.masters.has(address)) continue;
      this.#links.delete(address);
      this.#deps.clock.after(CLOSE_AFTER_MS, () => link.redis.disconnect());
    }
    for (const watcher of this.#watchers) watcher.looked(this.#map);
    return true;
  }
}

/** The same command, asked of a node that is about to get the slot. */
const asking =
  <Reply>(command: Command<Reply>): Command<Reply> =>
  (redis) => {
    redis.asking().catch(() => undefined);
    return command(redis);
  };
