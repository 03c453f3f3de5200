// Assertions for cases that cannot happen. They throw, because such a case is a bug.

/** A broken assumption of our own code. It is logged as an error and fails the turn; clients never see its details. */
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

/** The default of a switch: the compiler then reports a case of the union that the switch does not cover. */
export function assertNever(value: never): never {
  throw new BugError(`unexpected value ${JSON.stringify(value)}`);
}
