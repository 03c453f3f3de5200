// Load on one room during a fault: one node commits all the time, another listens. It counts the failures, and measures
// for how long the listener did not know of an answered commit.
import type { Engines } from '../../src/engines.ts';
import type { RoomListener, RoomNews } from '../../src/feed/room-feed.ts';
import type { StoredRoom } from '../../src/store/room-store.ts';
import { RecoveryRequiredError } from '../../src/store/store-errors.ts';
import { aCommit, aStoredRoom, roomId, titled, uniqueId } from '../support/stored-room.ts';
import { until } from '../support/until.ts';

const PAUSE_MS = 15;

export class RoomLoad implements RoomListener {
  readonly id: string;
  readonly #writer: Engines;
  readonly #listener: Engines;
  #room: StoredRoom | null = null;
  #isOver = false;
  #running: Promise<void> = Promise.resolve();
  readonly #unnoticed = new Map<number, number>();
  #seenUpTo = 0;
  #lastAckAt = performance.now();
  /** How many commits were answered, and how many calls failed, by the errors' names. */
  committed = 0;
  readonly failures = new Map<string, number>();
  /** The longest time without a commit that was answered. */
  outageMs = 0;
  /** The longest time from an answer to its news at the listener, or to a possible gap there. */
  silenceMs = 0;
  gaps = 0;
  /** How often the room had to be recovered first. */
  recoveries = 0;

  constructor(engines: { readonly writer: Engines; readonly listener: Engines }, id: string = uniqueId('room')) {
    this.id = id;
    this.#writer = engines.writer;
    this.#listener = engines.listener;
  }

  async start(): Promise<this> {
    const { store } = this.#writer;
    this.#room = aStoredRoom(store, roomId(this.id));
    await store.create(this.#room, null);
    await this.#listener.feed.subscribe(roomId(this.id), this);
    this.#running = this.#run();
    return this;
  }

  /** Resolves when `more` further commits have been answered. */
  further(more: number, timeoutMs = 20_000): Promise<void> {
    const goal = this.committed + more;
    return until(() => this.committed >= goal, { what: `${more} more commits`, timeoutMs, intervalMs: 5 });
  }

  /** Ends the load, when everything that was answered has been noticed. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    await until(() => this.#unnoticed.size === 0, { what: 'every commit is noticed', timeoutMs: 8_000, intervalMs: 5 });
  }

  get failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0);
  }

  onNews(news: RoomNews): void {
    if (news.kind !== 'commit') return;
    this.#seenUpTo = Math.max(this.#seenUpTo, news.record.version);
    for (const version of this.#unnoticed.keys()) if (version <= news.record.version) this.#noticed(version);
  }

  onPossibleGap(): void {
    this.gaps += 1;
    for (const version of this.#unnoticed.keys()) this.#noticed(version);
  }

  #noticed(version: number): void {
    this.silenceMs = Math.max(this.silenceMs, performance.now() - (this.#unnoticed.get(version) ?? 0));
    this.#unnoticed.delete(version);
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#commit().catch((error: Error) => this.#failed(error));
      await new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Recovers a room that is under another replication id, as the nodes that serve it do. */
  async #failed(error: Error): Promise<void> {
    if (error instanceof RecoveryRequiredError) {
      this.recoveries += 1;
      await this.#writer.recovery.recover(roomId(this.id), null).catch((failure: Error) => this.#count(failure));
    } else this.#count(error);
    this.#room = null;
  }

  #count({ name }: Error): void {
    this.failures.set(name, (this.failures.get(name) ?? 0) + 1);
  }

  async #commit(): Promise<void> {
    const { store } = this.#writer;
    this.#room ??= await store.load(roomId(this.id));
    const room = this.#room;
    if (!room) throw new Error('the room is lost');
    const commit = aCommit(store, room, { events: [titled(`Title ${room.version}`, store.now())] });
    const { status } = await store.commit(commit);
    if (status !== 'committed') {
      // An unknown outcome that was a commit after all, or a lost tail.
      this.#room = null;
      return;
    }
    const now = performance.now();
    this.committed += 1;
    this.outageMs = Math.max(this.outageMs, now - this.#lastAckAt);
    this.#lastAckAt = now;
    this.#room = commit.change?.after ?? null;
    if (room.version + 1 > this.#seenUpTo) this.#unnoticed.set(room.version + 1, now);
  }
}
