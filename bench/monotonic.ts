// The machine's monotonic clock. It is the same for all processes, so times of two processes can be compared.

/** Milliseconds since a moment that all processes of this machine share. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Resolves after this time. The bench measures real time; tests of the code must not. */
export const pauseMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
