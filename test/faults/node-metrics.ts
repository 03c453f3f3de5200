// Readings from a server's metrics page.
import { parseMetrics } from '../support/metrics-page.ts';
import type { ClusterNode } from './cluster.ts';

const DEADLINE_MS = 3_000;
/** The server measures its loop at this interval, and the interval is part of the value (OPS-1). */
const LOOK_MS = 50;

async function page({ server }: ClusterNode): Promise<Map<string, number>> {
  const read = () => fetch(`${server.opsUrl}/metrics`, { signal: AbortSignal.timeout(DEADLINE_MS) });
  // A connection that was kept may close in the same moment, above all at a server that stood still.
  const answer = await read().catch(read);
  return parseMetrics(await answer.text());
}

/** One series of the page. */
export async function metric(node: ClusterNode, series: string): Promise<number> {
  return (await page(node)).get(series) ?? Number.NaN;
}

/** Its heap, and its resident memory. */
export async function memoryOf(node: ClusterNode): Promise<{ readonly heapMiB: number; readonly rssMiB: number }> {
  const series = await page(node);
  const mib = (name: string) => (series.get(name) ?? Number.NaN) / 2 ** 20;
  return { heapMiB: mib('nodejs_heap_size_used_bytes'), rssMiB: mib('process_resident_memory_bytes') };
}

export const heapMiB = async (node: ClusterNode): Promise<number> => (await memoryOf(node)).heapMiB;

export const rssMiB = async (node: ClusterNode): Promise<number> => (await memoryOf(node)).rssMiB;

/** The growth of each node, for either kind of memory; a decrease counts as 0. */
export const grownMiB = (before: readonly number[], after: readonly number[]): number[] =>
  after.map((mib, index) => Math.max(0, mib - (before[index] ?? 0)));

/** The event loop's delay at the 99th percentile since the last reading, milliseconds. */
export async function loopDelayMs(node: ClusterNode): Promise<number> {
  return Math.max(0, ((await page(node)).get('nodejs_eventloop_lag_p99_seconds') ?? Number.NaN) * 1_000 - LOOK_MS);
}

/** Whether the process reports that it lives. */
export async function isAlive({ server }: ClusterNode): Promise<boolean> {
  try {
    return (await fetch(`${server.opsUrl}/livez`, { signal: AbortSignal.timeout(DEADLINE_MS) })).status === 200;
  } catch {
    return false;
  }
}
