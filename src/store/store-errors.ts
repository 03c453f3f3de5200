// The two ways in which a store fails that are nobody's bug. Must not know any engine.
import type { RoomId } from '../protocol/ids.ts';

/** The store is away and did nothing; the caller may try again later (ACK-4). */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** What was sent took so long that it was not done: the sender may no longer be entitled to it (PRES-3). */
export class StaleWriteError extends StoreUnavailableError {}

/** The room was kept under another history of the store: nothing is done with it before it is settled (SYNC-4). */
export class RecoveryRequiredError extends StoreUnavailableError {
  readonly roomId: RoomId;

  constructor(roomId: RoomId) {
    super(`the room ${roomId} has to be settled: the store has another history`);
    this.roomId = roomId;
  }
}

/** The store was asked and did not answer in time: it may or may not have done it (ACK-3). */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
}

/** Whether the store is to blame: it may go better a little later. Anything else is a bug. */
export const isStoreFailure = (error: unknown): boolean =>
  error instanceof StoreUnavailableError || error instanceof OutcomeUnknownError;
