// The rooms that this node holds: opened when first needed, let go when nobody here needs them. Must not know commands.
import type { Logger } from '../../ops/logger.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { StoreUnavailableError } from '../../store/store-errors.ts';
import type { LocalMember } from '../contract/local-members.ts';
import type { RoomParts } from '../contract/room-deps.ts';
import { ClosedRooms } from '../recovery/closed-rooms.ts';
import { onceSettled } from '../recovery/recovery.ts';
import { StoreContact } from '../recovery/store-contact.ts';
import { HeldRoom } from './live-room.ts';

/** How often held rooms tell the store that they are alive; far below the time after which it forgets them. */
const KEEP_INTERVAL_MS = 10 * 60_000;

/** How soon a room that nobody needs is looked at again when the store could not be asked about it. */
const LET_GO_RETRY_MS = 5_000;

/** What must be known outside of what happens to rooms. */
interface Surroundings {
  readonly onChange: (room: HeldRoom) => void;
  /** These members are connected here, and the store does not know them any more. */
  readonly onLost: (room: HeldRoom, members: readonly LocalMember[]) => void;
  /** The room goes on under a new epoch (SYNC-4). */
  readonly onAnew: (room: HeldRoom) => void;
}

export class HeldRooms {
  readonly #parts: RoomParts;
  readonly #rooms = new Map<RoomId, Promise<HeldRoom | null>>();
  /** How many tasks are using a room right now; it is not let go meanwhile. */
  readonly #users = new Map<RoomId, number>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #around: Surroundings;
  /** The epochs of rooms that were let go of while somebody's grace in them runs here; he opens them again when it is over. */
  readonly #left = new Map<RoomId, string>();
  readonly #closed: ClosedRooms;
  readonly #contact: StoreContact;
  #stopKeeping: () => void = () => undefined;
  #isClosed = false;

  constructor(parts: RoomParts, around: Surroundings) {
    this.#parts = parts;
    this.#around = around;
    this.#closed = new ClosedRooms(parts);
    this.#contact = new StoreContact(parts.clock);
    this.#keepLater();
  }

  /** Runs a task on the room, opening it if need be; the task gets null when there is no such room. */
  use<Result>(roomId: RoomId, task: (room: HeldRoom | null) => Promise<Result>): Promise<Result> {
    const running = this.#use(roomId, task);
    this.#running.add(running);
    const done = () => this.#running.delete(running);
    running.then(done, done);
    return running;
  }

  /** Throws StoreUnavailableError once this node lets go of its rooms. */
  async #use<Result>(roomId: RoomId, task: (room: HeldRoom | null) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new StoreUnavailableError('this node is going away');
    this.#users.set(roomId, (this.#users.get(roomId) ?? 0) + 1);
    try {
      return await task(await this.#open(roomId));
    } finally {
      const users = (this.#users.get(roomId) ?? 1) - 1;
      if (users > 0) this.#users.set(roomId, users);
      else this.#users.delete(roomId);
      this.#letGoSoon(roomId);
    }
  }

  /** Runs a task; once more, when all that hindered it was that its room has moved to another server. */
  settledFirst<Result>(task: () => Promise<Result>): Promise<Result> {
    return onceSettled(task, (roomId) => this.#settle(roomId));
  }

  async #settle(roomId: RoomId): Promise<boolean> {
    const room = await this.#rooms.get(roomId)?.catch(() => null);
    return room?.history.settle() ?? false;
  }

  /** The store has answered this node. After a long silence all is read again: only then may it be offered again (SYNC-4). */
  async touched(): Promise<void> {
    if (!this.#contact.touched()) return;
    for (const room of await this.all()) room.doubt();
  }

  /** The store has forgotten what it knew: rooms that were seen to close stay closed. */
  offerClosed(): void {
    this.#closed.offerAll();
  }

  /** The rooms that are open now. */
  async all(): Promise<HeldRoom[]> {
    const rooms = await Promise.allSettled(this.#rooms.values());
    return rooms.flatMap((room) => (room.status === 'fulfilled' && room.value ? [room.value] : []));
  }

  /** Does something to each of them, without waiting for those that are only being opened. */
  each(act: (room: HeldRoom) => void): void {
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
  async settled(): Promise<void> {
    while (this.#running.size > 0) {
      // What waits for company need not any more.
      for (const room of await this.all()) void room.speech.settled();
      await Promise.allSettled(this.#running);
    }
    for (const room of await this.all()) {
      await room.settled();
      room.audience.outbox.flush();
    }
  }

  /** Finishes what waits and lets go of everything. */
  async close(): Promise<void> {
    this.#stopKeeping();
    await this.settled();
    this.#isClosed = true;
    this.#closed.close();
    const rooms = await this.all();
    this.#rooms.clear();
    await Promise.all(rooms.map((room) => room.close()));
  }

  #open(roomId: RoomId): Promise<HeldRoom | null> {
    const opening = this.#rooms.get(roomId) ?? this.#openNew(roomId);
    this.#rooms.set(roomId, opening);
    const forget = () => {
      if (this.#rooms.get(roomId) === opening) this.#rooms.delete(roomId);
    };
    // A room that is not there, or could not be opened, is not held; the next one to ask tries again.
    opening.then((room) => room ?? forget(), forget);
    return opening;
  }

  /** The store is told that this node holds the room before anybody enters it, beside the reading of it. */
  async #openNew(roomId: RoomId): Promise<HeldRoom | null> {
    const { registry } = this.#parts;
    const holding = registry.hold(roomId);
    const opening = HeldRoom.open(roomId, {
      parts: this.#parts,
      onChange: (room) => this.#changed(room),
      onLost: (room, members) => this.#around.onLost(room, members),
      onAnew: (room) => this.#around.onAnew(room),
      onUnsettled: () => this.#closed.offerAll(),
      contact: this.#contact,
    });
    const [held, opened] = await Promise.allSettled([holding, opening]);
    if (held.status === 'fulfilled' && opened.status === 'fulfilled' && opened.value) return this.#opened(opened.value);
    if (held.status === 'fulfilled') registry.release(roomId);
    if (opened.status === 'rejected') throw opened.reason;
    if (held.status === 'fulfilled') return null;
    await opened.value?.close();
    throw held.reason;
  }

  /** This node counted as one that holds it, so it has to see to what was left to do under a new epoch. */
  #opened(room: HeldRoom): HeldRoom {
    const epoch = this.#left.get(room.roomId);
    this.#left.delete(room.roomId);
    if (epoch !== undefined && epoch !== room.current.epoch) this.#around.onAnew(room);
    return room;
  }

  #changed(room: HeldRoom): void {
    this.#around.onChange(room);
    if (room.current.state.closed) this.#closed.remember(room.current);
    if (room.isIdle) this.#letGoSoon(room.roomId);
  }

  /** Nobody has to wait for it, but close() does. */
  #letGoSoon(roomId: RoomId): void {
    if (!this.#rooms.has(roomId) || this.#users.has(roomId)) return;
    const { clock, logger } = this.#parts;
    const letting = this.#letGoIfIdle(roomId).catch((error: unknown) => {
      logFailure(logger, error);
      // Nothing else may happen in it ever again.
      clock.after(LET_GO_RETRY_MS, () => this.#letGoSoon(roomId));
    });
    this.#running.add(letting);
    void letting.finally(() => this.#running.delete(letting));
  }

  async #letGoIfIdle(roomId: RoomId): Promise<void> {
    const opening = this.#rooms.get(roomId);
    const room = await opening?.catch(() => null);
    // The turn that made the room idle may be the one that is just ending.
    await room?.settled();
    const isNeeded = () => !room?.isIdle || this.#users.has(roomId) || this.#rooms.get(roomId) !== opening;
    if (!room || isNeeded()) return;
    // An empty room that everybody let go of would be closed by nobody (ROOM-7); the news of it may still be on its way.
    await room.audience.recount();
    if (isNeeded()) return;
    this.#rooms.delete(roomId);
    await room.close();
    const { registry } = this.#parts;
    registry.release(roomId);
    if (registry.has(roomId)) this.#left.set(roomId, room.current.epoch);
  }

  #keepLater(): void {
    this.#stopKeeping = this.#parts.clock.after(KEEP_INTERVAL_MS, () => {
      this.#keepLater();
      this.#keepAll().catch((error: unknown) => logFailure(this.#parts.logger, error));
    });
  }

  async #keepAll(): Promise<void> {
    for (const room of await this.all()) await this.#parts.store.keep(room.roomId);
  }
}

const logFailure = (logger: Logger, error: unknown): void => logger.warn({ error }, 'a held room could not be kept up');
