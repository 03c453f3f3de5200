// What has been started and must not outlive the harness, also when it is broken off. Must not know what it is.

type Stop = () => Promise<unknown>;
const stops = new Set<Stop>();

/** Remembers how to stop it; the answer forgets it again. */
export function remember(stop: Stop): () => void {
  stops.add(stop);
  return () => void stops.delete(stop);
}

/** Stops all that is still remembered. */
export const stopAll = (): Promise<unknown> => Promise.allSettled([...stops].map((stop) => stop()));
