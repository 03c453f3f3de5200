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

export class RecoveryFollowUp {
  readonly #deps: RoomDeps;
  readonly #rooms: LiveRooms;
  readonly #reaper: Reaper;
  readonly #timers = new Map<RoomId, Timer>();

  constructor(deps: RoomDeps, rooms: LiveRooms, reaper: Reaper) {
    this.#deps = deps;
    this.#rooms = rooms;
    this.#reaper = reaper;
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
    const { clock, logger } = this.#deps;
    const timer = this.#timers.get(roomId) ?? new Timer(clock);
    this.#timers.set(roomId, timer);
    timer.set(delayMs, () => {
      this.#timers.delete(roomId);
      this.#check(roomId).catch((error: unknown) => {
        logger.warn({ event: 'room.followUp.retry', error, roomId }, 'A recovered room could not be checked yet.');
        this.#checkIn(roomId, UNCLAIMED_GRACE_MS);
      });
    });
  }

  async #check(roomId: RoomId): Promise<void> {
    const againAt = await this.#rooms.use(roomId, (room) => this.#reaper.lookAfter(room));
    if (againAt !== null) this.#checkIn(roomId, againAt - this.#deps.store.now() + MARGIN_MS);
  }
}
