// The rooms that this node serves: activated when first needed, passivated when nobody here needs them.
import { must } from '../../lang/assert.ts';
import type { CancelTimer } from '../../ops/clock.ts';
import { every } from '../../ops/repeat.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { StoreUnavailableError } from '../../store/store-errors.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import { ClosedRooms } from '../recovery/closed-rooms.ts';
import { retryAfterRecovery } from '../recovery/recovery.ts';
import { StoreContact } from '../recovery/store-contact.ts';
import { LiveRoom, type RoomWatcher } from './live-room.ts';

/** The interval at which live rooms are kept alive in the store; far below the time after which it forgets them. */
const KEEP_INTERVAL_MS = 10 * 60_000;

/** The time until passivation is tried again when the store did not answer. */
const PASSIVATE_RETRY_MS = 5_000;

export class LiveRooms {
  readonly #deps: RoomDeps;
  readonly #rooms = new Map<RoomId, Promise<LiveRoom | null>>();
  /** The number of tasks that use a room right now; meanwhile it is not passivated. */
  readonly #tasks = new Map<RoomId, number>();
  readonly #running = new Set<Promise<unknown>>();
  #watcher: RoomWatcher | null = null;
  /** Epochs of rooms that were passivated during a grace that runs here; its end activates them again. */
  readonly #passivatedEpochs = new Map<RoomId, string>();
  readonly #closed: ClosedRooms;
  readonly #contact: StoreContact;
  readonly #stopKeeping: CancelTimer;
  #isClosed = false;

  constructor(deps: RoomDeps) {
    this.#deps = deps;
    this.#closed = new ClosedRooms(deps);
    this.#contact = new StoreContact(deps.clock);
    this.#stopKeeping = every(deps.clock, KEEP_INTERVAL_MS, () => void this.#keepAll());
  }

  /** To be called before the first room is used: the parts that watch rooms use this object themselves. */
  start(watcher: Omit<RoomWatcher, 'onRecoveryStarted'>): void {
    const onChange = (room: LiveRoom) => {
      watcher.onChange(room);
      this.#onChange(room);
    };
    this.#watcher = { ...watcher, onChange, onRecoveryStarted: () => this.offerClosed() };
  }

  /** Runs a task on the room, which is activated if need be; the task gets null when there is no such room. */
  use<Result>(roomId: RoomId, task: (room: LiveRoom | null) => Promise<Result>): Promise<Result> {
    const running = this.#use(roomId, task);
    this.#track(running);
    return running;
  }

  #track(running: Promise<unknown>): void {
    this.#running.add(running);
    const done = () => this.#running.delete(running);
    running.then(done, done);
  }

  /** Throws StoreUnavailableError once this node has passivated its rooms. */
  async #use<Result>(roomId: RoomId, task: (room: LiveRoom | null) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new StoreUnavailableError('this node is going away');
    this.#tasks.set(roomId, (this.#tasks.get(roomId) ?? 0) + 1);
    try {
      return await task(await this.#open(roomId));
    } finally {
      const tasks = (this.#tasks.get(roomId) ?? 1) - 1;
      if (tasks > 0) this.#tasks.set(roomId, tasks);
      else this.#tasks.delete(roomId);
      this.#passivateSoon(roomId);
    }
  }

  retryAfterRecovery<Result>(task: () => Promise<Result>): Promise<Result> {
    return retryAfterRecovery(task, (roomId) => this.#recover(roomId));
  }

  async #recover(roomId: RoomId): Promise<boolean> {
    const room = await this.#rooms.get(roomId)?.catch(() => null);
    return room?.copyValidity.recover() ?? false;
  }

  /** After a long silence every room is read again; only then may its copy be offered (SYNC-4). */
  async onStoreContact(): Promise<void> {
    if (!this.#contact.onContact()) return;
    for (const room of await this.all()) room.onPossibleGap();
  }

  /** The store has lost data: rooms that were seen closing must stay closed. */
  offerClosed(): void {
    this.#closed.offerAll();
  }

  async all(): Promise<LiveRoom[]> {
    const rooms = await Promise.allSettled(this.#rooms.values());
    return rooms.flatMap((room) => (room.status === 'fulfilled' && room.value ? [room.value] : []));
  }

  /** Calls `act` with each room, later with those that are still being activated. */
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

  /** Resolves when no task and no turn waits or runs, and all broadcasts have been written. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      // Messages that wait for company go now.
      for (const room of await this.all()) void room.messageWriter.idle();
      await Promise.allSettled(this.#running);
    }
    for (const room of await this.all()) {
      await room.idle();
      room.flush();
    }
  }

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
    // A room that is not there, or could not be activated, is forgotten: the next caller tries again.
    opening.then((room) => room ?? forget(), forget);
    return opening;
  }

  /** The store knows this node as a holder before any member enters; the room is read at the same time. */
  async #activate(roomId: RoomId): Promise<LiveRoom | null> {
    const { holdings } = this.#deps;
    const watcher = must(this.#watcher, 'rooms are used before start');
    const holding = holdings.hold(roomId);
    const opening = LiveRoom.open(roomId, { deps: this.#deps, contact: this.#contact, watcher });
    const [held, opened] = await Promise.allSettled([holding, opening]);
    if (held.status === 'fulfilled' && opened.status === 'fulfilled' && opened.value)
      return this.#onActivated(opened.value);
    if (held.status === 'fulfilled') holdings.release(roomId);
    if (opened.status === 'rejected') throw opened.reason;
    if (held.status === 'fulfilled') return null;
    await opened.value?.close();
    throw held.reason;
  }

  /** This node still counted as a holder of the room, so the follow-up of a new epoch is its task. */
  #onActivated(room: LiveRoom): LiveRoom {
    const epoch = this.#passivatedEpochs.get(room.roomId);
    this.#passivatedEpochs.delete(room.roomId);
    if (epoch !== undefined && epoch !== room.current.epoch) this.#watcher?.onNewEpoch(room);
    return room;
  }

  #onChange(room: LiveRoom): void {
    if (room.current.state.closed) this.#closed.remember(room.current);
    if (room.isIdle) this.#passivateSoon(room.roomId);
  }

  /** Callers need not wait for it; close() does. */
  #passivateSoon(roomId: RoomId): void {
    if (!this.#rooms.has(roomId) || this.#tasks.has(roomId)) return;
    const { clock, logger } = this.#deps;
    const passivating = this.#passivateIfIdle(roomId).catch((error: unknown) => {
      logger.warn({ event: 'room.passivate.retry', error, roomId }, 'The room could not be passivated yet.');
      // No other event of the room may ever try it again.
      clock.after(PASSIVATE_RETRY_MS, () => this.#passivateSoon(roomId));
    });
    this.#track(passivating);
  }

  async #passivateIfIdle(roomId: RoomId): Promise<void> {
    const opening = this.#rooms.get(roomId);
    const room = await opening?.catch(() => null);
    // The turn that made the room idle may be just ending.
    await room?.idle();
    const isNeeded = () => !room?.isIdle || this.#tasks.has(roomId) || this.#rooms.get(roomId) !== opening;
    if (!room || isNeeded()) return;
    // An empty room that all nodes passivated would never be closed (ROOM-7), and the news of it may still be in
    // flight.
    await room.audience.recount();
    if (isNeeded()) return;
    this.#rooms.delete(roomId);
    await room.close();
    const { holdings } = this.#deps;
    holdings.release(roomId);
    if (holdings.has(roomId)) this.#passivatedEpochs.set(roomId, room.current.epoch);
  }

  async #keepAll(): Promise<void> {
    const { store, logger } = this.#deps;
    try {
      for (const room of await this.all()) await store.keep(room.roomId);
    } catch (error) {
      logger.warn({ event: 'rooms.keep.failed', error }, 'Live rooms could not be kept alive in the store.');
    }
  }
}
