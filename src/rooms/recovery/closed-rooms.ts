// The rooms that this node saw closing lately. After a loss of data a node that missed the closing could bring one
// back, so they are offered as closed (SYNC-4).
import type { RoomId } from '../../protocol/ids.ts';
import { isNewer } from '../../store/room-recovery.ts';
import { CLOSED_ROOM_TTL_MS, type StoredRoom } from '../../store/room-store.ts';
import { type RecoveryDeps, RecoveryRun } from './recovery.ts';
import { offerOf } from './recovery-offer.ts';

/** A limit of memory; the oldest are forgotten first. */
const REMEMBERED_MAX = 1_000;
/** A new replication id shows in many rooms at once; it is one reason to offer these, not many. */
const OFFER_AGAIN_MS = 5_000;

interface Remembered {
  room: StoredRoom;
  readonly closedAt: number;
  readonly recovery: RecoveryRun;
}

export class ClosedRooms {
  readonly #deps: RecoveryDeps;
  /** In the order of closing. */
  readonly #rooms = new Map<RoomId, Remembered>();
  #offeredAt = Number.NEGATIVE_INFINITY;

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
  }

  remember(room: StoredRoom): void {
    const { roomId } = room.state;
    const known = this.#rooms.get(roomId);
    if (known && !isNewer(room, known.room)) return;
    // Another room was created under the same id meanwhile, and has closed as well.
    known?.recovery.close();
    this.#rooms.delete(roomId);
    const offer = () => offerOf(this.#rooms.get(roomId)?.room ?? room, NOTHING_ELSE);
    const onRecovered = (recovered: StoredRoom | null) => this.#onRecovered(roomId, recovered);
    const recovery = new RecoveryRun(this.#deps, { roomId, offer, onRecovered });
    this.#rooms.set(roomId, { room, closedAt: this.#deps.clock.monotonic(), recovery });
    this.#forgetOld();
  }

  offerAll(): void {
    const now = this.#deps.clock.monotonic();
    if (now - this.#offeredAt < OFFER_AGAIN_MS) return;
    this.#offeredAt = now;
    this.#forgetOld();
    for (const { recovery } of this.#rooms.values()) recovery.start();
  }

  close(): void {
    for (const { recovery } of this.#rooms.values()) recovery.close();
    this.#rooms.clear();
  }

  /** A new room may have been created under the id meanwhile. */
  #onRecovered(roomId: RoomId, recovered: StoredRoom | null): void {
    const known = this.#rooms.get(roomId);
    if (known && recovered?.state.closed) known.room = recovered;
    else this.#rooms.delete(roomId);
  }

  #forgetOld(): void {
    const oldest = this.#deps.clock.monotonic() - CLOSED_ROOM_TTL_MS;
    for (const [roomId, { closedAt, recovery }] of this.#rooms) {
      if (closedAt > oldest && this.#rooms.size <= REMEMBERED_MAX) return;
      recovery.close();
      this.#rooms.delete(roomId);
    }
  }
}

const NOTHING_ELSE = { members: [], sanctions: { bans: [], silences: [] }, chat: [], freeUid: () => 1 } as const;
