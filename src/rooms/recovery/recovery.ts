// Recovery of one room: offers this node's copy, waits for the other nodes, and returns what the room is (SYNC-4).
import { pause, Timer } from '../../ops/repeat.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { Offer } from '../../store/room-recovery.ts';
import type { StoredRoom } from '../../store/room-store.ts';
import { isStoreFailure, RecoveryRequiredError, StoreUnavailableError } from '../../store/store-errors.ts';
import type { RoomDeps } from '../contract/room-deps.ts';

/** Nodes ask again within this of each other: one of them ends the recovery, and the others find it ended. */
const JITTER_MS = 50;
/** The time until a recovery goes on that the store did not answer. */
const RETRY_MS = 300;

export type RecoveryDeps = Pick<RoomDeps, 'recovery' | 'store' | 'clock' | 'random' | 'logger'>;

interface RecoveryTask {
  readonly roomId: RoomId;
  /** This node's copy as it is now; null: it has none to offer. */
  readonly offer: () => Offer | null;
  /** The room under its new epoch; null: nobody has it any more. */
  readonly onRecovered: (room: StoredRoom | null) => void;
}

export class RecoveryRun {
  readonly #deps: RecoveryDeps;
  readonly #task: RecoveryTask;
  readonly #timer: Timer;
  /** The run in flight: resolves with its first step. */
  #running: Promise<boolean> | null = null;
  #isClosed = false;

  constructor(deps: RecoveryDeps, task: RecoveryTask) {
    this.#deps = deps;
    this.#task = task;
    this.#timer = new Timer(deps.clock);
  }

  /** Begins, unless a run is in flight. True: nothing to wait for, the room is recovered. Never rejects. */
  start(): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    this.#running ??= this.#step();
    return this.#running;
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.cancel();
  }

  /** One question to the store; a failure is retried. */
  async #step(): Promise<boolean> {
    const { recovery, logger, random } = this.#deps;
    const { roomId, offer, onRecovered } = this.#task;
    const result = await recovery.recover(roomId, offer()).catch((error: unknown) => {
      if (isStoreFailure(error)) logger.warn({ event: 'room.recovery.retry', error, roomId }, 'Recovery is retried.');
      else logger.error({ event: 'room.recovery.failed', error, roomId }, 'Recovery of a room failed.');
      return null;
    });
    if (this.#isClosed) return false;
    if (result === null) return this.#again(random.integer(RETRY_MS, RETRY_MS + JITTER_MS));
    if (result.status === 'recovering') return this.#again(result.waitMs + random.integer(0, JITTER_MS));
    this.#running = null;
    onRecovered(result.status === 'recovered' ? result.room : null);
    return result.status === 'recovered';
  }

  #again(delayMs: number): false {
    this.#timer.set(delayMs, () => void this.#step());
    return false;
  }
}

/**
 * Runs a task; once more, if it failed only because the room has moved to another server. Nothing was written then, and
 * no client need know. `recover` says whether that was all.
 */
export async function retryAfterRecovery<Result>(
  task: () => Promise<Result>,
  recover: (roomId: RoomId) => Promise<boolean>,
): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof RecoveryRequiredError) || !(await recover(error.roomId))) throw error;
    return task();
  }
}

/** Recovers a room of which this node has no copy. Null when nobody has one; throws as the store does. */
async function recoverUnserved(roomId: RoomId, { recovery, clock, random }: RecoveryDeps): Promise<StoredRoom | null> {
  for (;;) {
    const result = await recovery.recover(roomId, null);
    if (result.status !== 'recovering') return result.status === 'recovered' ? result.room : null;
    await pause(clock, result.waitMs + random.integer(0, JITTER_MS));
  }
}

/**
 * The room; null when there is none. `isNewEpoch`: it needed recovery, and what the store lost may have left something
 * to do.
 */
export async function loadRecovered(
  roomId: RoomId,
  deps: RecoveryDeps,
): Promise<{ readonly room: StoredRoom; readonly isNewEpoch: boolean } | null> {
  try {
    const room = await deps.store.load(roomId);
    return room && { room, isNewEpoch: false };
  } catch (error) {
    if (!(error instanceof RecoveryRequiredError)) throw error;
    const room = await recoverUnserved(roomId, deps);
    // It is missing, and nodes that serve it may be about to bring it back: too early to say that there is none.
    if (!room) throw new StoreUnavailableError(error.message);
    return { room, isNewEpoch: true };
  }
}
