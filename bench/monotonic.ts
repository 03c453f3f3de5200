// The machine's monotonic clock: the same for all processes, so that a time taken in one can be compared in another.

/** Milliseconds since some moment that all processes of this machine share. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Resolves after so many milliseconds. The bench measures time as it passes; tests of the code must not. */
export const pauseMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
