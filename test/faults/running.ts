// Processes that must not outlive the harness, even when it is aborted.

type Stop = () => Promise<unknown>;
const stops = new Set<Stop>();

/** Registers how to stop a process; the returned function removes it again. */
export function remember(stop: Stop): () => void {
  stops.add(stop);
  return () => void stops.delete(stop);
}

/** Stops everything that is still registered. */
export const stopAll = (): Promise<unknown> => Promise.allSettled([...stops].map((stop) => stop()));
