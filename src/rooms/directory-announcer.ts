// Tells the directory about the rooms that this node holds, soon after they changed and again before it forgets
// them. Must not know who reads it.

import type { RoomState } from '../domain/room.ts';
import type { CancelTimer, Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import type { RoomId } from '../protocol/ids.ts';
import { DIRECTORY_ENTRY_TTL_MS, type DirectoryEntry, type DirectoryStore } from '../store/directory-store.ts';
import type { HeldRoom } from './held-room.ts';

/** The directory is at most a second stale (ROOM-8); this leaves half of it for the way. */
const FLUSH_INTERVAL_MS = 500;
const AGAIN_INTERVAL_MS = DIRECTORY_ENTRY_TTL_MS / 3;

interface Parts {
  readonly directory: DirectoryStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class DirectoryAnnouncer {
  readonly #parts: Parts;
  readonly #changed = new Map<RoomId, HeldRoom>();
  #flushing: CancelTimer | null = null;
  #again: CancelTimer;

  constructor(parts: Parts, heldRooms: () => Promise<readonly HeldRoom[]>) {
    this.#parts = parts;
    const announceAgain = (): CancelTimer =>
      parts.clock.after(AGAIN_INTERVAL_MS, () => {
        this.#again = announceAgain();
        heldRooms().then((rooms) => {
          for (const room of rooms) this.changed(room);
        }, this.#warn);
      });
    this.#again = announceAgain();
  }

  changed(room: HeldRoom): void {
    this.#changed.set(room.roomId, room);
    this.#flushing ??= this.#parts.clock.after(FLUSH_INTERVAL_MS, () => {
      this.#flushing = null;
      this.flush().catch(this.#warn);
    });
  }

  /** Announces what has changed since the last time. */
  async flush(): Promise<void> {
    const rooms = [...this.#changed.values()];
    this.#changed.clear();
    const { directory } = this.#parts;
    await Promise.all(
      rooms.map(({ roomId, current: { state }, audience: { count } }) =>
        state.closed ? directory.remove(roomId) : directory.announce(toEntry(state, count)),
      ),
    );
  }

  close(): void {
    this.#again();
    this.#flushing?.();
  }

  readonly #warn = (error: unknown): void => {
    this.#parts.logger.warn({ error }, 'the directory could not be told; it will be, the next time');
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
    tags,
    ownerId: state.roles.ownerId,
    seatMode,
    seatCount: state.seats.length,
    seatsTaken: state.seats.filter(({ occupant }) => occupant !== null).length,
    audienceCount,
    hasPassword,
    createdAt,
  };
}
