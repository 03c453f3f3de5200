// What is left to do in a room that goes on under a new epoch, once those who are in it have had the time to enter again:
// members whom nobody claims, and members of this node who are not here (SYNC-4). Must not know how the room was settled.
import type { CancelTimer } from '../ops/clock.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { MemberRecord } from '../store/presence-store.ts';
import type { Departures } from './departures.ts';
import type { HeldRoom } from './held-room.ts';
import type { RoomParts } from './room-parts.ts';
import { NOBODYS_MS, type Tending } from './tending.ts';

/** The store's clock judges; a little later it is certain. */
const MARGIN_MS = 100;
const LOOKED_AT_ONCE = 500;
/** Stands for a connection that there is not. */
const NO_SESSION = '-' as SessionId;

interface Surroundings {
  readonly departures: Departures;
  readonly tending: Tending;
}

export class Aftermath {
  readonly #parts: RoomParts;
  readonly #around: Surroundings;
  readonly #timers = new Map<HeldRoom, CancelTimer>();

  constructor(parts: RoomParts, around: Surroundings) {
    this.#parts = parts;
    this.#around = around;
  }

  /** The room has a new epoch. */
  begin(room: HeldRoom): void {
    this.#lookIn(room, NOBODYS_MS + MARGIN_MS);
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #lookIn(room: HeldRoom, delayMs: number): void {
    this.#timers.get(room)?.();
    const cancel = this.#parts.clock.after(delayMs, () => {
      this.#timers.delete(room);
      this.#look(room).catch((error: unknown) => {
        const { logger } = this.#parts;
        logger.warn({ error, roomId: room.roomId }, 'a room under a new epoch could not be put in order yet');
        if (!room.isClosed) this.#lookIn(room, NOBODYS_MS);
      });
    });
    this.#timers.set(room, cancel);
  }

  async #look(room: HeldRoom): Promise<void> {
    if (room.isClosed || room.current.state.closed) return;
    await this.#dropStrays(room);
    const againAt = await this.#around.tending.lookAfter(room);
    if (againAt !== null) this.#lookIn(room, againAt - this.#parts.store.now() + MARGIN_MS);
  }

  /** A leave that the store lost leaves a member behind whose connection is long gone. */
  async #dropStrays(room: HeldRoom): Promise<void> {
    let cursor: string | null = null;
    do {
      const page = await this.#parts.presence.page(room.roomId, { cursor, limit: LOOKED_AT_ONCE });
      const strays = page.members.filter((member) => this.#isStray(room, member));
      await Promise.all(
        strays.map((record) =>
          this.#around.departures.dropFrom(room.roomId, { sessionId: NO_SESSION, record, recipient: null }),
        ),
      );
      cursor = page.cursor;
    } while (cursor !== null);
  }

  #isStray({ audience }: HeldRoom, { userId, nodeId, fence }: MemberRecord): boolean {
    if (nodeId !== this.#parts.node.id || audience.isExpected(userId)) return false;
    return audience.members.get(userId)?.record.fence !== fence;
  }
}
