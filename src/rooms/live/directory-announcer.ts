// Tells the directory about the rooms that this node holds, soon after they changed and again before it forgets
// them. Must not know who reads it.

import type { RoomState } from '../../domain/room.ts';
import type { CancelTimer, Clock } from '../../ops/clock.ts';
import type { Logger } from '../../ops/logger.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { DIRECTORY_ENTRY_TTL_MS, type DirectoryEntry, type DirectoryStore } from '../../store/directory-store.ts';
import type { PresenceStore } from '../../store/presence-store.ts';
import type { RoomStore } from '../../store/room-store.ts';
import type { LiveRoom } from './live-room.ts';

/** The directory is at most a second stale (ROOM-8); this leaves half of it for the way. */
const FLUSH_INTERVAL_MS = 500;
const AGAIN_INTERVAL_MS = DIRECTORY_ENTRY_TTL_MS / 3;
/** What could not be told is told again so soon, for as long as it takes the directory to forget the room by itself. */
const RETRY_INTERVAL_MS = 1_000;
const RETRY_FOR_MS = DIRECTORY_ENTRY_TTL_MS;

/** A thousand rooms that are due together are told in turns, so that no command waits for all of them. */
const ANNOUNCED_AT_ONCE = 64;

interface DirectoryAnnouncerDeps {
  readonly directory: DirectoryStore;
  readonly store: Pick<RoomStore, 'load'>;
  readonly presence: Pick<PresenceStore, 'count'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A room of which the directory is to be told; `failedAt`: when that failed for the first time. */
interface Change {
  readonly room: LiveRoom;
  readonly failedAt: number | null;
}

export class DirectoryAnnouncer {
  readonly #deps: DirectoryAnnouncerDeps;
  readonly #heldRooms: () => Promise<readonly LiveRoom[]>;
  readonly #changed = new Map<RoomId, Change>();
  /** What the directory has been told of each room lately: most of what happens on a stage is not in it. */
  #told = new WeakMap<LiveRoom, string>();
  #flushing: CancelTimer | null = null;
  #again: CancelTimer;
  #isClosed = false;

  constructor(deps: DirectoryAnnouncerDeps, heldRooms: () => Promise<readonly LiveRoom[]>) {
    this.#deps = deps;
    this.#heldRooms = heldRooms;
    const announceAgain = (): CancelTimer =>
      deps.clock.after(AGAIN_INTERVAL_MS, () => {
        this.#again = announceAgain();
        heldRooms().then((rooms) => {
          this.#told = new WeakMap();
          for (const room of rooms) this.changed(room);
        }, this.#warn);
      });
    this.#again = announceAgain();
  }

  changed(room: LiveRoom): void {
    this.#changed.set(room.roomId, { room, failedAt: null });
    this.#flushIn(FLUSH_INTERVAL_MS);
  }

  /** Announces what has changed since the last time; what fails is tried again later. Never rejects. */
  async flush(): Promise<void> {
    const changes = [...this.#changed.values()];
    this.#changed.clear();
    const held = new Set(await this.#heldRooms());
    for (let next = 0; next < changes.length; next += ANNOUNCED_AT_ONCE) {
      const some = changes.slice(next, next + ANNOUNCED_AT_ONCE);
      await Promise.all(some.map((change) => this.#announce(change, held).catch(this.#retryLater(change))));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#again();
    this.#flushing?.();
  }

  async #announce({ room, failedAt }: Change, held: ReadonlySet<LiveRoom>): Promise<void> {
    const { roomId, current, audience } = room;
    const { directory } = this.#deps;
    const isHeld = held.has(room);
    // Others may have said newer things of a room that this node has let go since.
    if (failedAt !== null && !isHeld && !current.state.closed) return;
    // And nobody has told this node any more if it was closed then.
    const now = isHeld ? current : await this.#deps.store.load(roomId);
    if (now === null || now.state.closed) {
      await Promise.all([directory.remove(roomId), directory.disown((now ?? current).state.roles.ownerId, roomId)]);
      return;
    }
    // Nor who came since.
    const count = isHeld ? audience.count : await this.#deps.presence.count(roomId);
    const entry = toEntry(now.state, count);
    const text = JSON.stringify(entry);
    if (isHeld && this.#told.get(room) === text) return;
    await directory.announce(entry);
    this.#told.set(room, text);
  }

  #retryLater({ room, failedAt }: Change): (error: unknown) => void {
    return (error) => {
      const now = this.#deps.clock.monotonic();
      if (failedAt === null) this.#warn(error);
      if (failedAt !== null && now - failedAt >= RETRY_FOR_MS) return;
      // What has changed meanwhile is on its way already.
      if (!this.#changed.has(room.roomId)) this.#changed.set(room.roomId, { room, failedAt: failedAt ?? now });
      this.#flushIn(RETRY_INTERVAL_MS);
    };
  }

  #flushIn(delayMs: number): void {
    if (this.#isClosed) return;
    this.#flushing ??= this.#deps.clock.after(delayMs, () => {
      this.#flushing = null;
      this.flush().catch(this.#warn);
    });
  }

  readonly #warn = (error: unknown): void => {
    this.#deps.logger.warn({ error }, 'the directory could not be told yet');
  };
}

/** The line by which the directory lists a room. */
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
