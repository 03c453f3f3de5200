// The rooms that this node holds: opened when first needed, let go when nobody here needs them. Must not know commands.
import type { Logger } from '../../ops/logger.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { StoreUnavailableError } from '../../store/store-errors.ts';
import type { LocalMember } from '../contract/local-members.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import { ClosedRooms } from '../recovery/closed-rooms.ts';
import { retryAfterRecovery } from '../recovery/recovery.ts';
import { StoreContact } from '../recovery/store-contact.ts';
import { LiveRoom } from './live-room.ts';

/** How often held rooms tell the store that they are alive; far below the time after which it forgets them. */
const KEEP_INTERVAL_MS = 10 * 60_000;

/** How soon a room that nobody needs is looked at again when the store could not be asked about it. */
const PASSIVATE_RETRY_MS = 5_000;

/** What must be known outside of what happens to rooms. */
interface LiveRoomsPeers {
  readonly onChange: (room: LiveRoom) => void;
  /** These members are connected here, and the store does not know them any more. */
  readonly onLost: (room: LiveRoom, members: readonly LocalMember[]) => void;
  /** The room goes on under a new epoch (SYNC-4). */
  readonly onNewEpoch: (room: LiveRoom) => void;
}

export class LiveRooms {
  readonly #deps: RoomDeps;
  readonly #rooms = new Map<RoomId, Promise<LiveRoom | null>>();
  /** How many tasks are using a room right now; it is not let go meanwhile. */
  readonly #users = new Map<RoomId, number>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #peers: LiveRoomsPeers;
  /** The epochs of rooms that were let go of while somebody's grace in them runs here; he opens them again when it is over. */
  readonly #passivatedEpochs = new Map<RoomId, string>();
  readonly #closed: ClosedRooms;
  readonly #contact: StoreContact;
  #stopKeeping: () => void = () => undefined;
  #isClosed = false;

  constructor(deps: RoomDeps, peers: LiveRoomsPeers) {
    this.#deps = deps;
    this.#peers = peers;
    this.#closed = new ClosedRooms(deps);
    this.#contact = new StoreContact(deps.clock);
    this.#keepLater();
  }

  /** Runs a task on the room, opening it if need be; the task gets null when there is no such room. */
  use<Result>(roomId: RoomId, task: (room: LiveRoom | null) => Promise<Result>): Promise<Result> {
    const running = this.#use(roomId, task);
    this.#running.add(running);
    const done = () => this.#running.delete(running);
    running.then(done, done);
    return running;
  }

  /** Throws StoreUnavailableError once this node lets go of its rooms. */
  async #use<Result>(roomId: RoomId, task: (room: LiveRoom | null) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new StoreUnavailableError('this node is going away');
    this.#users.set(roomId, (this.#users.get(roomId) ?? 0) + 1);
    try {
      return await task(await this.#open(roomId));
    } finally {
      const users = (this.#users.get(roomId) ?? 1) - 1;
      if (users > 0) this.#users.set(roomId, users);
      else this.#users.delete(roomId);
      this.#passivateSoon(roomId);
    }
  }

  /** Runs a task; once more, when all that hindered it was that its room has moved to another server. */
  retryAfterRecovery<Result>(task: () => Promise<Result>): Promise<Result> {
    return retryAfterRecovery(task, (roomId) => this.#recover(roomId));
  }

  async #recover(roomId: RoomId): Promise<boolean> {
    const room = await this.#rooms.get(roomId)?.catch(() => null);
    return room?.copyValidity.recover() ?? false;
  }

  /** The store has answered this node. After a long silence all is read again: only then may it be offered again (SYNC-4). */
  async onStoreContact(): Promise<void> {
    if (!this.#contact.touched()) return;
    for (const room of await this.all()) room.onPossibleGap();
  }

  /** The store has forgotten what it knew: rooms that were seen to close stay closed. */
  offerClosed(): void {
    this.#closed.offerAll();
  }

  /** The rooms that are open now. */
  async all(): Promise<LiveRoom[]> {
    const rooms = await Promise.allSettled(this.#rooms.values());
    return rooms.flatMap((room) => (room.status === 'fulfilled' && room.value ? [room.value] : []));
  }

  /** Does something to each of them, without waiting for those that are only being opened. */
  forEach(act: (room: LiveRoom) => void): void {
    for (const opening of this.#rooms.values()) {
      opening.then(
        (room) => room && act(room),
        () => undefined,
      );
    }
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Resolves when no task runs, no room has a turn waiting or running, and what was said has been written. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      // What waits for company need not any more.
      for (const room of await this.all()) void room.messageWriter.idle();
      await Promise.allSettled(this.#running);
    }
    for (const room of await this.all()) {
      await room.idle();
      room.audience.outbox.flush();
    }
  }

  /** Finishes what waits and lets go of everything. */
  async close(): Promise<void> {
    this.#stopKeeping();
    await this.idle();
    this.#isClosed = true;
    this.#closed.close();
    const rooms = await this.all();
    this.#rooms.clear();
    await Promise.all(rooms.map((room) => room.close()));
  }

  #open(roomId: RoomId): Promise<LiveRoom | null> {
    const opening = this.#rooms.get(roomId) ?? this.#activate(roomId);
    this.#rooms.set(roomId, opening);
    const forget = () => {
      if (this.#rooms.get(roomId) === opening) this.#rooms.delete(roomId);
    };
    // A room that is not there, or could not be opened, is not held; the next one to ask tries again.
    opening.then((room) => room ?? forget(), forget);
    return opening;
  }

  /** The store is told that this node holds the room before anybody enters it, beside the reading of it. */
  async #activate(roomId: RoomId): Promise<LiveRoom | null> {
    const { holdings } = this.#deps;
    const holding = holdings.hold(roomId);
    const opening = LiveRoom.open(roomId, {
      deps: this.#deps,
      onChange: (room) => this.#changed(room),
      onLost: (room, members) => this.#peers.onLost(room, members),
      onNewEpoch: (room) => this.#peers.onNewEpoch(room),
      onRecoveryStarted: () => this.#closed.offerAll(),
      contact: this.#contact,
    });
    const [held, opened] = await Promise.allSettled([holding, opening]);
    if (held.status === 'fulfilled' && opened.status === 'fulfilled' && opened.value)
      return this.#onActivated(opened.value);
    if (held.status === 'fulfilled') holdings.release(roomId);
    if (opened.status === 'rejected') throw opened.reason;
    if (held.status === 'fulfilled') return null;
    await opened.value?.close();
    throw held.reason;
  }

  /** This node counted as one that holds it, so it has to see to what was left to do under a new epoch. */
  #onActivated(room: LiveRoom): LiveRoom {
    const epoch = this.#passivatedEpochs.get(room.roomId);
    this.#passivatedEpochs.delete(room.roomId);
    if (epoch !== undefined && epoch !== room.current.epoch) this.#peers.onNewEpoch(room);
    return room;
  }

  #changed(room: LiveRoom): void {
    this.#peers.onChange(room);
    if (room.current.state.closed) this.#closed.remember(room.current);
    if (room.isIdle) this.#passivateSoon(room.roomId);
  }

  /** Nobody has to wait for it, but close() does. */
  #passivateSoon(roomId: RoomId): void {
    if (!this.#rooms.has(roomId) || this.#users.has(roomId)) return;
    const { clock, logger } = this.#deps;
    const letting = this.#passivateIfIdle(roomId).catch((error: unknown) => {
      logFailure(logger, error);
      // Nothing else may happen in it ever again.
      clock.after(PASSIVATE_RETRY_MS, () => this.#passivateSoon(roomId));
    });
    this.#running.add(letting);
    void letting.finally(() => this.#running.delete(letting));
  }

  async #passivateIfIdle(roomId: RoomId): Promise<void> {
    const opening = this.#rooms.get(roomId);
    const room = await opening?.catch(() => null);
    // The turn that made the room idle may be the one that is just ending.
    await room?.idle();
    const isNeeded = () => !room?.isIdle || this.#users.has(roomId) || this.#rooms.get(roomId) !== opening;
    if (!room || isNeeded()) return;
    // An empty room that everybody let go of would be closed by nobody (ROOM-7); the news of it may still be on its way.
    await room.audience.recount();
    if (isNeeded()) return;
    this.#rooms.delete(roomId);
    await room.close();
    const { holdings } = this.#deps;
    holdings.release(roomId);
    if (holdings.has(roomId)) this.#passivatedEpochs.set(roomId, room.current.epoch);
  }

  #keepLater(): void {
    this.#stopKeeping = this.#deps.clock.after(KEEP_INTERVAL_MS, () => {
      this.#keepLater();
      this.#keepAll().catch((error: unknown) => logFailure(this.#deps.logger, error));
    });
  }

  async #keepAll(): Promise<void> {
    for (const room of await this.all()) await this.#deps.store.keep(room.roomId);
  }
}

const logFailure = (logger: Logger, error: unknown): void => logger.warn({ error }, 'a held room could not be kept up');
