// The ways in which a store fails that are no bugs of ours.
import type { RoomId } from '../protocol/ids.ts';

/** The store did nothing; the caller may try again later (ACK-4). */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** A write arrived too late and was refused: its sender may no longer be entitled to it (PRES-3). */
export class StaleWriteError extends StoreUnavailableError {
  constructor() {
    super('the write was on its way for too long');
  }
}

/** The node was declared dead: it may hold no rooms under its id any more [L1]. */
export class NodeDeclaredDeadError extends StoreUnavailableError {
  constructor() {
    super('this node was declared dead');
  }
}

/** The room was kept under another replication id of the store: it must be recovered before any use (SYNC-4). */
export class RecoveryRequiredError extends StoreUnavailableError {
  readonly roomId: RoomId;

  constructor(roomId: RoomId) {
    super(`the room ${roomId} has to be recovered: the store has another replication id`);
    this.roomId = roomId;
  }
}

/** The store was asked and did not answer in time: it may or may not have done it (ACK-3). */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
}

/** Whether the store is the cause, so that a later try may succeed. Anything else is a bug. */
export const isStoreFailure = (error: unknown): boolean =>
  error instanceof StoreUnavailableError || error instanceof OutcomeUnknownError;
