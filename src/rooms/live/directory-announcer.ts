// Announces the live rooms of this node to the directory: soon after a change, and again before the directory forgets
// them.
import type { RoomState } from '../../domain/room.ts';
import { chunksOf } from '../../lang/chunks.ts';
import type { CancelTimer } from '../../ops/clock.ts';
import { every, Timer } from '../../ops/repeat.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { DIRECTORY_ENTRY_TTL_MS, type DirectoryEntry, type DirectoryStore } from '../../store/directory-store.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { LiveRoom } from './live-room.ts';
import type { LiveRooms } from './live-rooms.ts';

/** The directory is at most a second stale (ROOM-8); half of it is left for the way. */
const FLUSH_INTERVAL_MS = 500;
const AGAIN_INTERVAL_MS = DIRECTORY_ENTRY_TTL_MS / 3;
/** A failed announcement is retried, for as long as the directory takes to forget the room by itself. */
const RETRY_INTERVAL_MS = 1_000;
const RETRY_FOR_MS = DIRECTORY_ENTRY_TTL_MS;

/** A thousand rooms that are due together are announced in groups, so that no command waits for all of them. */
const ANNOUNCED_AT_ONCE = 64;

interface DirectoryAnnouncerDeps extends Pick<RoomDeps, 'store' | 'presence' | 'clock' | 'logger'> {
  readonly directory: DirectoryStore;
}

/** A room to announce; `failedAt`: the moment of the first failure, monotonic. */
interface DueRoomEntry {
  readonly room: LiveRoom;
  readonly failedAt: number | null;
}

export class DirectoryAnnouncer {
  readonly #deps: DirectoryAnnouncerDeps;
  readonly #rooms: LiveRooms;
  readonly #due = new Map<RoomId, DueRoomEntry>();
  /** The last announcement of each room: most changes of a stage do not change it. */
  #announced = new WeakMap<LiveRoom, string>();
  readonly #flushTimer: Timer;
  readonly #stopRepeating: CancelTimer;
  #isClosed = false;

  constructor(deps: DirectoryAnnouncerDeps, rooms: LiveRooms) {
    this.#deps = deps;
    this.#rooms = rooms;
    this.#flushTimer = new Timer(deps.clock);
    this.#stopRepeating = every(deps.clock, AGAIN_INTERVAL_MS, () => this.#announceAll().catch(this.#warn));
  }

  onChange(room: LiveRoom): void {
    this.#due.set(room.roomId, { room, failedAt: null });
    this.#flushIn(FLUSH_INTERVAL_MS);
  }

  /** Announces what has changed since the last time; a failure is retried later. Never rejects. */
  async flush(): Promise<void> {
    const due = [...this.#due.values()];
    this.#due.clear();
    const live = new Set(await this.#rooms.all());
    for (const some of chunksOf(due, ANNOUNCED_AT_ONCE)) {
      await Promise.all(some.map((entry) => this.#announce(entry, live).catch(this.#retryLater(entry))));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#stopRepeating();
    this.#flushTimer.cancel();
  }

  async #announceAll(): Promise<void> {
    const rooms = await this.#rooms.all();
    this.#announced = new WeakMap();
    for (const room of rooms) this.onChange(room);
  }

  async #announce({ room, failedAt }: DueRoomEntry, live: ReadonlySet<LiveRoom>): Promise<void> {
    const { roomId, current, audience } = room;
    const { directory } = this.#deps;
    const isLive = live.has(room);
    // Other nodes may have announced newer states of a room that this node has passivated since.
    if (failedAt !== null && !isLive && !current.state.closed) return;
    // And this node did not see it if the room was closed then.
    const now = isLive ? current : await this.#deps.store.load(roomId);
    if (now === null || now.state.closed) {
      await Promise.all([directory.remove(roomId), directory.disown((now ?? current).state.roles.ownerId, roomId)]);
      return;
    }
    // Nor who joined since.
    const count = isLive ? audience.count : await this.#deps.presence.count(roomId);
    const entry = toEntry(now.state, count);
    const text = JSON.stringify(entry);
    if (isLive && this.#announced.get(room) === text) return;
    await directory.announce(entry);
    this.#announced.set(room, text);
  }

  #retryLater({ room, failedAt }: DueRoomEntry): (error: unknown) => void {
    return (error) => {
      const now = this.#deps.clock.monotonic();
      if (failedAt === null) this.#warn(error);
      if (failedAt !== null && now - failedAt >= RETRY_FOR_MS) return;
      // A change since then is due already.
      if (!this.#due.has(room.roomId)) this.#due.set(room.roomId, { room, failedAt: failedAt ?? now });
      this.#flushIn(RETRY_INTERVAL_MS);
    };
  }

  #flushIn(delayMs: number): void {
    if (this.#isClosed) return;
    this.#flushTimer.setOnce(delayMs, () => this.flush().catch(this.#warn));
  }

  readonly #warn = (error: unknown): void => {
    this.#deps.logger.warn({ event: 'directory.announce.retry', error }, 'The directory could not be updated yet.');
  };
}

export function toEntry(state: RoomState, audienceCount: number): DirectoryEntry {
  const { title, cover, category, tags, seatMode, hasPassword, createdAt } = state.settings;
  return {
    roomId: state.roomId,
    title,
    cover,
    category,
    tags: [...tags],
    ownerId: state.roles.ownerId,
    seatMode,
    seatCount: state.seats.length,
    seatsTaken: state.seats.filter(({ occupant }) => occupant !== null).length,
    audienceCount,
    hasPassword,
    createdAt,
  };
}
