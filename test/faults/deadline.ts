// Waiting with a limit: for a promise, or until a condition holds.
import { monotonicMs, pauseMs } from '../../bench/monotonic.ts';

const LOOK_EACH_MS = 20;

/** Rejects when it takes longer than `ms`, and names what was waited for. */
export async function within<Value>(promise: Promise<Value>, what: string, ms = 30_000): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How long it took until the condition held; null when it did not within `ms`. */
export async function untilTrue(condition: () => boolean, ms: number): Promise<number | null> {
  const from = monotonicMs();
  while (!condition()) {
    if (monotonicMs() - from > ms) return null;
    await pauseMs(LOOK_EACH_MS);
  }
  return monotonicMs() - from;
}
