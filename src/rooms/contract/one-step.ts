// A step that must not wait: the compiler refuses an async one.

/** What a step may return: anything but a promise. */
type Immediate = { readonly then?: never } | string | number | boolean | null | undefined | void;

/**
 * Runs code during which nothing else may happen on this node: no update, no command, no end of a connection. A function
 * that returns a promise does not fit the type, so that an `await` cannot slip in later.
 */
export const inOneStep = <Result extends Immediate>(step: () => Result): Result => step();
