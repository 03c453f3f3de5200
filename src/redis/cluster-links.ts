// Sends commands in a Cluster to the master that has the key's slot, and follows the slot when it moves. The driver's
// own Cluster is not used: it cannot tell a command that was never sent from one whose reply was lost. It sends both
// again, or neither (D8).
import type { Redis } from 'ioredis';
import type { Ambient } from '../ops/ambient.ts';
import type { CancelTimer } from '../ops/clock.ts';
import { every, pause, Timer } from '../ops/repeat.ts';
import { StoreUnavailableError } from '../store/store-errors.ts';
import { ClusterMap, type SlotRange, slotsLeaving } from './cluster-map.ts';
import { CommandLink } from './command-link.ts';
import type { CommandLinks, RedisCommand } from './command-links.ts';
import type { Locator } from './located-connector.ts';
import { type Address, addressText, parseAddress } from './topology.ts';

/** How often the map is read without a special reason. */
const ROUND_MS = 2_000;
/** How soon the map is read for a reason. Many reasons within that time lead to one read. */
const REFRESH_AFTER_MS = 50;
const ANSWER_MS = 1_000;
const TRY_AGAIN_MS = { min: 20, max: 60 } as const;
/** A connection to a server that is no master any more is kept this long, for the replies that are on their way. */
const CLOSE_AFTER_MS = 2_000;

interface ClusterLinksDeps extends Ambient {
  readonly seeds: readonly Address[];
  readonly dial: (address: Address) => Redis;
}

/** The feeds of the Cluster follow it by these calls. */
export interface ClusterWatcher {
  /** The map was read; it may have changed. */
  onMap(map: ClusterMap): void;
  /** These slots are moving: news in them may already be published at the new master. */
  onSlotsLeaving(slots: ReadonlySet<number>): void;
  /** The connection to a master is back. */
  onMasterBack(master: string): void;
}

type Target = { readonly master: string; readonly isAsking: boolean };

export class ClusterLinks implements CommandLinks, Locator {
  readonly #deps: ClusterLinksDeps;
  readonly #map = new ClusterMap();
  readonly #links = new Map<string, CommandLink>();
  readonly #scripts: [string, string][] = [];
  readonly #watchers: ClusterWatcher[] = [];
  #isClosed = false;
  #isReading = false;
  readonly #refresh: Timer;
  #cancelRound: CancelTimer = () => undefined;

  constructor(deps: ClusterLinksDeps) {
    this.#deps = deps;
    this.#refresh = new Timer(deps.clock);
  }

  /** Rejects when no node knows the map of slots, or a master cannot be reached. */
  async start(): Promise<void> {
    await this.#readMap();
    if (this.#map.masters.size === 0) throw new Error('no node of the Redis Cluster can be reached');
    await Promise.all(this.masters().map((link) => this.#ready(link, ANSWER_MS * 2)));
    this.#cancelRound = every(this.#deps.clock, ROUND_MS, () => this.#round());
  }

  watch(watcher: ClusterWatcher): void {
    this.#watchers.push(watcher);
    watcher.onMap(this.#map);
  }

  define(name: string, lua: string): void {
    this.#scripts.push([name, lua]);
    for (const { redis } of this.#links.values()) redis.defineCommand(name, { lua });
  }

  masters(): readonly CommandLink[] {
    return [...this.#map.masters.keys()].map((master) => this.link(master));
  }

  /** Any master that can be reached: it passes on to the others what does not belong to a room. */
  async locate(): Promise<Address> {
    const ready = [...this.#map.masters.keys()].filter((master) => this.#links.get(master)?.isReady);
    const address = parseAddress(ready[this.#deps.random.integer(0, Math.max(1, ready.length))] ?? '');
    if (!address) throw new Error('no master of the Redis Cluster can be reached');
    return address;
  }

  isRight(): boolean {
    return true;
  }

  async call<Reply>(key: string, command: RedisCommand<Reply>, deadlineMs: number): Promise<Reply> {
    const { clock } = this.#deps;
    const until = clock.monotonic() + deadlineMs;
    let target = this.#targetOf(key);
    for (;;) {
      const leftMs = Math.max(1, until - clock.monotonic());
      const link = this.link(target.master);
      if (!link.isReady) await this.#ready(link, leftMs);
      try {
        return await link.call(target.isAsking ? asking(command) : command, leftMs);
      } catch (error) {
        const next = await this.#targetAfter(error as Error, key);
        if (!next || clock.monotonic() >= until) throw error;
        target = next;
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRound();
    this.#refresh.cancel();
    for (const { redis } of this.#links.values()) redis.disconnect();
  }

  /** Reads the map soon. */
  refresh(): void {
    if (this.#isClosed) return;
    this.#refresh.setOnce(REFRESH_AFTER_MS, () => void this.#readMap().catch(this.#onFailure));
  }

  #targetOf(key: string): Target {
    const master = this.#map.ownerOf(key) ?? [...this.#map.masters.keys()][0];
    if (master === undefined) throw new StoreUnavailableError('no master has the slot');
    return { master, isAsking: false };
  }

  /** The next target after a refusal that says that nothing was done. Null: the error is the caller's. */
  async #targetAfter(error: Error, key: string): Promise<Target | null> {
    if (error.name !== 'ReplyError') return null;
    const [refusal, slot, master = ''] = error.message.split(' ');
    if (refusal === 'MOVED') {
      this.#map.moved(Number(slot), master);
      this.refresh();
      return this.#targetOf(key);
    }
    if (refusal === 'ASK') return { master, isAsking: true };
    if (refusal !== 'TRYAGAIN') return null;
    const { clock, random } = this.#deps;
    await pause(clock, random.integer(TRY_AGAIN_MS.min, TRY_AGAIN_MS.max));
    return this.#targetOf(key);
  }

  /** The connection to a master, by its address. */
  link(master: string): CommandLink {
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
      if (isBack) for (const watcher of this.#watchers) watcher.onMasterBack(master);
      isBack = true;
    });
    redis.connect().catch(() => undefined);
    return link;
  }

  /** Waits for a connection that is being made. Rejects at once for one that is broken (ACK-4). */
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
    this.#readMap().catch(this.#onFailure);
    this.#watchSlots().catch(this.#onFailure);
  }

  async #watchSlots(): Promise<void> {
    const asked = this.masters().map((link) => link.call((redis) => redis.cluster('NODES'), ANSWER_MS));
    const answers = await Promise.allSettled(asked);
    const slots = answers.flatMap((one) => (one.status === 'fulfilled' ? slotsLeaving(String(one.value)) : []));
    if (slots.length > 0) for (const watcher of this.#watchers) watcher.onSlotsLeaving(new Set(slots));
  }

  readonly #onFailure = (error: unknown) =>
    this.#deps.logger.error({ event: 'redis.cluster.map', error }, 'The map of the Redis Cluster could not be read.');

  /** Asks one node after the other for the map: a random known one first, or the seeds if no node is known. */
  async #readMap(): Promise<void> {
    if (this.#isReading || this.#isClosed) return;
    this.#isReading = true;
    const known = [...this.#links.values()].filter((link) => link.isReady);
    const { integer } = this.#deps.random;
    const first = known.length > 1 ? integer(0, known.length) : 0;
    const seeds = known.length > 0 ? [] : this.#deps.seeds.map((seed) => this.link(addressText(seed)));
    for (const link of [...known.slice(first), ...known.slice(0, first), ...seeds]) {
      const isTaken = await this.#ready(link, ANSWER_MS)
        .then(() => link.call((redis) => redis.cluster('SLOTS'), ANSWER_MS))
        .then((ranges) => this.#take(ranges as unknown as SlotRange[], link))
        .catch(() => false);
      if (isTaken) break;
    }
    this.#isReading = false;
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
    for (const watcher of this.#watchers) watcher.onMap(this.#map);
    return true;
  }
}

/** The same command for a node that is about to get the slot. */
const asking =
  <Reply>(command: RedisCommand<Reply>): RedisCommand<Reply> =>
  (redis) => {
    redis.asking().catch(() => undefined);
    return command(redis);
  };
