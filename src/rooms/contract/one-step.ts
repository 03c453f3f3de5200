// A step that must not wait: the compiler refuses an async one.

/** Nothing for a promise, so that a function that returns one does not fit. */
type Immediate<Result> = Result extends PromiseLike<unknown> ? never : Result;

/**
 * Runs code during which nothing else may happen on this node: no update, no command, no end of a connection. A
 * function that returns a promise does not compile here, so that an `await` cannot slip in later.
 */
export const inOneStep = <Result>(step: () => Immediate<Result>): Immediate<Result> => step();
