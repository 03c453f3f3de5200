// What this process uses while something goes on, and for how long at a stretch nothing else could have had its turn. Must
// not know what goes on.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { monotonicMs, pauseMs } from '../monotonic.ts';

/** How often the loop is looked at, in whole milliseconds. */
const LOOK_EVERY_MS = 5;

export interface Cost {
  readonly cpuUs: number;
  readonly elapsedMs: number;
  /** The longest stretch for which the event loop did not turn. */
  readonly stallMs: number;
}

/** Runs it, and takes the cost of it. */
export async function watched<T>(act: () => Promise<T>): Promise<Cost & { readonly result: T }> {
  const loop = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  loop.enable();
  // The first look has nothing to compare with: without it, what holds the loop up at once would not be seen.
  await pauseMs(4 * LOOK_EVERY_MS);
  const begun = monotonicMs();
  const before = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = monotonicMs() - begun;
  // What held the loop up to the very end is seen by the next look.
  await pauseMs(2 * LOOK_EVERY_MS);
  loop.disable();
  return { result, cpuUs: user + system, elapsedMs, stallMs: Math.max(0, loop.max / 1e6 - LOOK_EVERY_MS) };
}

/** JavaScript's heap and buffers after a collection, and what is resident. */
export function collected(): { readonly heldBytes: number; readonly rssBytes: number } {
  const { gc } = globalThis;
  if (!gc) throw new Error('start node with --expose-gc');
  gc();
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heldBytes: heapUsed + external, rssBytes: rss };
}
