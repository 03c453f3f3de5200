// Words for what cannot happen. Knows nothing of rooms; throws, because reaching one of these is a bug.

/** A broken assumption of our own code: logged as an error, fails the turn, never shown to a client in detail. */
export class BugError extends Error {
  override readonly name = 'BugError';
}

/** Throws BugError unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message);
}

/** The value, or BugError when it is null or undefined. */
export function must<T>(value: T | null | undefined, message: string): T {
  if (value === null || value === undefined) throw new BugError(message);
  return value;
}

/** Makes the compiler demand that a switch covers its whole union. */
export function assertNever(value: never): never {
  throw new BugError(`unexpected value ${JSON.stringify(value)}`);
}
