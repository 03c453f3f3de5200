// Types of build.mjs for the tests that call it.
/** Builds src into dist when dist is missing or stale. */
export function build(): void;
