// What is left to do in a room that goes on in a new epoch (SYNC-4). Members first get the time to join again. After it
// the reaper ends members that no node claims, and members that their own nodes know nothing of.

import { Timer } from '../ops/repeat.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { RoomDeps } from '../rooms/contract/room-deps.ts';
import type { LiveRoom } from '../rooms/live/live-room.ts';
import type { LiveRooms } from '../rooms/live/live-rooms.ts';
import { type Reaper, UNCLAIMED_GRACE_MS } from './reaper.ts';

/** The store's clock judges a grace. This much later the grace is surely over for the store, too. */
const MARGIN_MS = 100;

interface RecoveryFollowUpPeers {
  readonly rooms: LiveRooms;
  readonly reaper: Reaper;
}

export class RecoveryFollowUp {
  readonly #deps: RoomDeps;
  readonly #peers: RecoveryFollowUpPeers;
  readonly #timers = new Map<RoomId, Timer>();

  constructor(deps: RoomDeps, peers: RecoveryFollowUpPeers) {
    this.#deps = deps;
    this.#peers = peers;
  }

  /** The room has a new epoch. It may be passivated meanwhile: only this node knows that something is left to do. */
  begin({ roomId }: LiveRoom): void {
    this.#checkIn(roomId, UNCLAIMED_GRACE_MS + MARGIN_MS);
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #checkIn(roomId: RoomId, delayMs: number): void {
    const timer = this.#timers.get(roomId) ?? new Timer(this.#deps.clock);
    this.#timers.set(roomId, timer);
    timer.set(delayMs, () => {
      this.#timers.delete(roomId);
      this.#check(roomId).catch((error: unknown) => {
        this.#deps.logger.warn(
          { event: 'room.followUp.retry', error, roomId },
          'Members of a recovered room could not be checked; it is tried again.',
        );
        this.#checkIn(roomId, UNCLAIMED_GRACE_MS);
      });
    });
  }

  async #check(roomId: RoomId): Promise<void> {
    const { rooms, reaper } = this.#peers;
    const againAt = await rooms.use(roomId, (room) => reaper.lookAfter(room));
    if (againAt !== null) this.#checkIn(roomId, againAt - this.#deps.store.now() + MARGIN_MS);
  }
}
