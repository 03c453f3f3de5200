// Sees a room through its settling: offers this node's copy, waits, and tells what it has come to (SYNC-4). Must not know
// what a copy is made of.
import type { CancelTimer, Clock } from '../../ops/clock.ts';
import type { Logger } from '../../ops/logger.ts';
import type { Random } from '../../ops/random.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { Offer, RoomRecovery } from '../../store/room-recovery.ts';
import type { RoomStore, StoredRoom } from '../../store/room-store.ts';
import { isStoreFailure, RecoveryRequiredError, StoreUnavailableError } from '../../store/store-errors.ts';

/** Nodes ask again within this of each other, so that one of them ends the settling and the others find it ended. */
const JITTER_MS = 50;
/** How soon a settling goes on that the store did not answer. */
const RETRY_MS = 300;

export interface RecoveryDeps {
  readonly recovery: RoomRecovery;
  readonly store: Pick<RoomStore, 'now' | 'load'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface RecoveryTask {
  readonly roomId: RoomId;
  /** This node's copy as it is now; null: it has none to offer. */
  readonly offer: () => Offer | null;
  /** The room under its new epoch; null: nobody has it any more. */
  readonly onSettled: (room: StoredRoom | null) => void;
}

export class RecoveryRun {
  readonly #deps: RecoveryDeps;
  readonly #affair: RecoveryTask;
  /** The settling under way: resolves with its first step. */
  #running: Promise<boolean> | null = null;
  #isClosed = false;
  #cancelWait: CancelTimer = () => undefined;

  constructor(deps: RecoveryDeps, affair: RecoveryTask) {
    this.#deps = deps;
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
    const { recovery, logger, random } = this.#deps;
    const { roomId, offer, onSettled } = this.#affair;
    const result = await recovery.recover(roomId, offer()).catch((error: unknown) => {
      if (isStoreFailure(error)) logger.warn({ error, roomId }, 'a room could not be settled yet');
      else logger.error({ error, roomId }, 'settling a room failed');
      return null;
    });
    if (this.#isClosed) return false;
    if (result === null) return this.#again(random.integer(RETRY_MS, RETRY_MS + JITTER_MS));
    if (result.status === 'recovering') return this.#again(result.waitMs + random.integer(0, JITTER_MS));
    this.#running = null;
    onSettled(result.status === 'recovered' ? result.room : null);
    return result.status === 'recovered';
  }

  #again(delayMs: number): false {
    this.#cancelWait = this.#deps.clock.after(delayMs, () => void this.#step());
    return false;
  }
}

/**
 * Runs a task; once more, when all that hindered it was that its room has moved to another server: nothing was written, and
 * nobody need hear of it. `settle` says whether that was all.
 */
export async function retryAfterRecovery<Result>(
  task: () => Promise<Result>,
  settle: (roomId: RoomId) => Promise<boolean>,
): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof RecoveryRequiredError) || !(await settle(error.roomId))) throw error;
    return task();
  }
}

/**
 * Settles a room in which this node has no say. Null when nobody has it; throws StoreUnavailableError when the store fails
 * meanwhile.
 */
async function recoverUnserved(roomId: RoomId, { recovery, clock, random }: RecoveryDeps): Promise<StoredRoom | null> {
  for (;;) {
    const result = await recovery.recover(roomId, null);
    if (result.status !== 'recovering') return result.status === 'recovered' ? result.room : null;
    await new Promise<void>((resolve) => {
      clock.after(result.waitMs + random.integer(0, JITTER_MS), resolve);
    });
  }
}

interface Loaded {
  readonly room: StoredRoom;
  /** It had to be settled, by whomever: what the store lost may have left something to do. */
  readonly isNewEpoch: boolean;
}

/** The room, settled first if need be; null when there is none. */
export async function loadRecovered(roomId: RoomId, deps: RecoveryDeps): Promise<Loaded | null> {
  try {
    const room = await deps.store.load(roomId);
    return room && { room, isNewEpoch: false };
  } catch (error) {
    if (!(error instanceof RecoveryRequiredError)) throw error;
    const room = await recoverUnserved(roomId, deps);
    // It is missing, and those who hold it may be about to bring it back: too early to say that there is none.
    if (!room) throw new StoreUnavailableError(error.message);
    return { room, isNewEpoch: true };
  }
}
