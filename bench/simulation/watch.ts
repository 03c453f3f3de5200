// What this process uses during a task, and the longest time for which the event loop was held.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { monotonicMs, pauseMs } from '../monotonic.ts';

/** How often the loop is looked at, in whole milliseconds. */
const LOOK_EVERY_MS = 5;

export interface Cost {
  readonly cpuUs: number;
  readonly elapsedMs: number;
  /** The longest time for which the event loop did not turn. */
  readonly stallMs: number;
}

/** Runs the task and measures its cost. */
export async function watched<T>(act: () => Promise<T>): Promise<Cost & { readonly result: T }> {
  const loop = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  loop.enable();
  // The first look has nothing to compare with: without it, a hold at the very beginning would not be seen.
  await pauseMs(4 * LOOK_EVERY_MS);
  const begun = monotonicMs();
  const before = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = monotonicMs() - begun;
  // The next look sees a hold that lasts to the very end.
  await pauseMs(2 * LOOK_EVERY_MS);
  loop.disable();
  return { result, cpuUs: user + system, elapsedMs, stallMs: Math.max(0, loop.max / 1e6 - LOOK_EVERY_MS) };
}

/** The JavaScript heap and buffers after a collection, and the resident memory. */
export function collected(): { readonly heldBytes: number; readonly rssBytes: number } {
  const { gc } = globalThis;
  if (!gc) throw new Error('start node with --expose-gc');
  gc();
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heldBytes: heapUsed + external, rssBytes: rss };
}
