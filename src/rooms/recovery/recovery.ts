// Sees a room through its settling: offers this node's copy, waits, and tells what it has come to (SYNC-4). Must not know
// what a copy is made of.
import type { CancelTimer, Clock } from '../../ops/clock.ts';
import type { Logger } from '../../ops/logger.ts';
import type { Random } from '../../ops/random.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { Offer, Settlement } from '../../store/room-recovery.ts';
import type { RoomStore, StoredRoom } from '../../store/room-store.ts';
import { isStoreFailure, StoreUnavailableError, UnsettledError } from '../../store/store-errors.ts';

/** Nodes ask again within this of each other, so that one of them ends the settling and the others find it ended. */
const JITTER_MS = 50;
/** How soon a settling goes on that the store did not answer. */
const RETRY_MS = 300;

export interface SettlingParts {
  readonly settlement: Settlement;
  readonly store: Pick<RoomStore, 'now' | 'load'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Affair {
  readonly roomId: RoomId;
  /** This node's copy as it is now; null: it has none to offer. */
  readonly offer: () => Offer | null;
  /** The room under its new epoch; null: nobody has it any more. */
  readonly onSettled: (room: StoredRoom | null) => void;
}

export class Settling {
  readonly #parts: SettlingParts;
  readonly #affair: Affair;
  /** The settling under way: resolves with its first step. */
  #running: Promise<boolean> | null = null;
  #isClosed = false;
  #cancelWait: CancelTimer = () => undefined;

  constructor(parts: SettlingParts, affair: Affair) {
    this.#parts = parts;
    this.#affair = affair;
  }

  /** Begins, unless it is on its way. True when there was nothing to wait for: the room is settled. Never rejects. */
  start(): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    this.#running ??= this.#step();
    return this.#running;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelWait();
  }

  /** What fails is tried again. */
  async #step(): Promise<boolean> {
    const { settlement, logger, random } = this.#parts;
    const { roomId, offer, onSettled } = this.#affair;
    const result = await settlement.settle(roomId, offer()).catch((error: unknown) => {
      if (isStoreFailure(error)) logger.warn({ error, roomId }, 'a room could not be settled yet');
      else logger.error({ error, roomId }, 'settling a room failed');
      return null;
    });
    if (this.#isClosed) return false;
    if (result === null) return this.#again(random.integer(RETRY_MS, RETRY_MS + JITTER_MS));
    if (result.status === 'settling') return this.#again(result.waitMs + random.integer(0, JITTER_MS));
    this.#running = null;
    onSettled(result.status === 'settled' ? result.room : null);
    return result.status === 'settled';
  }

  #again(delayMs: number): false {
    this.#cancelWait = this.#parts.clock.after(delayMs, () => void this.#step());
    return false;
  }
}

/**
 * Runs a task; once more, when all that hindered it was that its room has moved to another server: nothing was written, and
 * nobody need hear of it. `settle` says whether that was all.
 */
export async function onceSettled<Result>(
  task: () => Promise<Result>,
  settle: (roomId: RoomId) => Promise<boolean>,
): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof UnsettledError) || !(await settle(error.roomId))) throw error;
    return task();
  }
}

/**
 * Settles a room in which this node has no say. Null when nobody has it; throws StoreUnavailableError when the store fails
 * meanwhile.
 */
async function settleForeign(roomId: RoomId, { settlement, clock, random }: SettlingParts): Promise<StoredRoom | null> {
  for (;;) {
    const result = await settlement.settle(roomId, null);
    if (result.status !== 'settling') return result.status === 'settled' ? result.room : null;
    await new Promise<void>((resolve) => {
      clock.after(result.waitMs + random.integer(0, JITTER_MS), resolve);
    });
  }
}

interface Loaded {
  readonly room: StoredRoom;
  /** It had to be settled, by whomever: what the store lost may have left something to do. */
  readonly isAnew: boolean;
}

/** The room, settled first if need be; null when there is none. */
export async function loadSettled(roomId: RoomId, parts: SettlingParts): Promise<Loaded | null> {
  try {
    const room = await parts.store.load(roomId);
    return room && { room, isAnew: false };
  } catch (error) {
    if (!(error instanceof UnsettledError)) throw error;
    const room = await settleForeign(roomId, parts);
    // It is missing, and those who hold it may be about to bring it back: too early to say that there is none.
    if (!room) throw new StoreUnavailableError(error.message);
    return { room, isAnew: true };
  }
}
