// The two ways in which a store fails that are nobody's bug. Must not know any engine.

/** The store is away and did nothing; the caller may try again later (ACK-4). */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** The store was asked and did not answer in time: it may or may not have done it (ACK-3). */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
}
