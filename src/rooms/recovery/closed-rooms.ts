// The rooms that this node has seen closed lately. When the store has lost them, a node that did not see it could bring one
// back: so they are offered, as closed (SYNC-4). Must not know rooms that are open.
import type { RoomId } from '../../protocol/ids.ts';
import { isNewer } from '../../store/room-recovery.ts';
import { CLOSED_ROOM_TTL_MS, type StoredRoom } from '../../store/room-store.ts';
import { type RecoveryDeps, RecoveryRun } from './recovery.ts';
import { offerOf } from './recovery-offer.ts';

/** More would cost more than they are worth; the oldest are forgotten first. */
const REMEMBERED_MAX = 1_000;
/** One change of the store's history shows in many rooms; it is one reason to offer these. */
const OFFER_AGAIN_MS = 5_000;

interface Remembered {
  room: StoredRoom;
  readonly closedAt: number;
  readonly settling: RecoveryRun;
}

export class ClosedRooms {
  readonly #deps: RecoveryDeps;
  /** By the order of their closing. */
  readonly #rooms = new Map<RoomId, Remembered>();
  #offeredAt = Number.NEGATIVE_INFINITY;

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
  }

  remember(room: StoredRoom): void {
    const { roomId } = room.state;
    const known = this.#rooms.get(roomId);
    if (known && !isNewer(room, known.room)) return;
    // Under the same id another room was founded meanwhile, and has closed as well.
    known?.settling.close();
    this.#rooms.delete(roomId);
    const offer = () => offerOf(this.#rooms.get(roomId)?.room ?? room, NOTHING_BESIDES);
    const onSettled = (settled: StoredRoom | null) => this.#follow(roomId, settled);
    const settling = new RecoveryRun(this.#deps, { roomId, offer, onSettled });
    this.#rooms.set(roomId, { room, closedAt: this.#deps.clock.monotonic(), settling });
    this.#forgetOld();
  }

  /** The store's history has changed. */
  offerAll(): void {
    const now = this.#deps.clock.monotonic();
    if (now - this.#offeredAt < OFFER_AGAIN_MS) return;
    this.#offeredAt = now;
    this.#forgetOld();
    for (const { settling } of this.#rooms.values()) settling.start();
  }

  close(): void {
    for (const { settling } of this.#rooms.values()) settling.close();
    this.#rooms.clear();
  }

  /** Under the name a new room may have been founded meanwhile. */
  #follow(roomId: RoomId, settled: StoredRoom | null): void {
    const known = this.#rooms.get(roomId);
    if (known && settled?.state.closed) known.room = settled;
    else this.#rooms.delete(roomId);
  }

  #forgetOld(): void {
    const oldest = this.#deps.clock.monotonic() - CLOSED_ROOM_TTL_MS;
    for (const [roomId, { closedAt, settling }] of this.#rooms) {
      if (closedAt > oldest && this.#rooms.size <= REMEMBERED_MAX) return;
      settling.close();
      this.#rooms.delete(roomId);
    }
  }
}

const NOTHING_BESIDES = { members: [], sanctions: { bans: [], silences: [] }, chat: [], freeUid: () => 1 } as const;
