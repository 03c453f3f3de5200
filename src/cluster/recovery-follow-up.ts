// What is left to do in a room that goes on under a new epoch, once those who are in it have had the time to enter again:
// members whom nobody claims, and those whom their nodes know nothing of (SYNC-4). Must not know how the room was settled.
import type { CancelTimer } from '../ops/clock.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { RoomDeps } from '../rooms/contract/room-deps.ts';
import type { LiveRoom } from '../rooms/live/live-room.ts';
import type { LiveRooms } from '../rooms/live/live-rooms.ts';
import { type Reaper, UNCLAIMED_GRACE_MS } from './reaper.ts';

/** The store's clock judges; a little later it is certain. */
const MARGIN_MS = 100;

interface RecoveryFollowUpPeers {
  readonly rooms: LiveRooms;
  readonly reaper: Reaper;
}

export class RecoveryFollowUp {
  readonly #deps: RoomDeps;
  readonly #peers: RecoveryFollowUpPeers;
  readonly #timers = new Map<RoomId, CancelTimer>();

  constructor(deps: RoomDeps, peers: RecoveryFollowUpPeers) {
    this.#deps = deps;
    this.#peers = peers;
  }

  /** The room has a new epoch. This node may let go of it meanwhile: nobody else need know that there is something to do. */
  begin({ roomId }: LiveRoom): void {
    this.#lookIn(roomId, UNCLAIMED_GRACE_MS + MARGIN_MS);
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #lookIn(roomId: RoomId, delayMs: number): void {
    this.#timers.get(roomId)?.();
    const cancel = this.#deps.clock.after(delayMs, () => {
      this.#timers.delete(roomId);
      this.#look(roomId).catch((error: unknown) => {
        this.#deps.logger.warn({ error, roomId }, 'a room under a new epoch could not be put in order yet');
        this.#lookIn(roomId, UNCLAIMED_GRACE_MS);
      });
    });
    this.#timers.set(roomId, cancel);
  }

  async #look(roomId: RoomId): Promise<void> {
    const { rooms, reaper } = this.#peers;
    const againAt = await rooms.use(roomId, (room) => reaper.lookAfter(room));
    if (againAt !== null) this.#lookIn(roomId, againAt - this.#deps.store.now() + MARGIN_MS);
  }
}
