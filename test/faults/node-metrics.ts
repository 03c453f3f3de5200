// What a server tells of itself on its page of metrics. Must not know rows.
import { parseMetrics } from '../support/metrics-page.ts';
import type { ClusterNode } from './cluster.ts';

const DEADLINE_MS = 3_000;
/** The server looks at its loop so often, and counts that in (OPS-1). */
const LOOK_MS = 50;

async function page({ server }: ClusterNode): Promise<Map<string, number>> {
  const read = () => fetch(`${server.opsUrl}/metrics`, { signal: AbortSignal.timeout(DEADLINE_MS) });
  // A connection that was kept may be closed in the same moment, most of all by a server that stood still.
  const answer = await read().catch(read);
  return parseMetrics(await answer.text());
}

/** One series of the page. */
export async function metric(node: ClusterNode, series: string): Promise<number> {
  return (await page(node)).get(series) ?? Number.NaN;
}

/** Its heap, and what it has of the machine. */
export async function memoryOf(node: ClusterNode): Promise<{ readonly heapMiB: number; readonly rssMiB: number }> {
  const series = await page(node);
  const mib = (name: string) => (series.get(name) ?? Number.NaN) / 2 ** 20;
  return { heapMiB: mib('nodejs_heap_size_used_bytes'), rssMiB: mib('process_resident_memory_bytes') };
}

export const heapMiB = async (node: ClusterNode): Promise<number> => (await memoryOf(node)).heapMiB;

export const rssMiB = async (node: ClusterNode): Promise<number> => (await memoryOf(node)).rssMiB;

/** How much more each node has than it had, of either kind of memory; what was given back does not count. */
export const grownMiB = (before: readonly number[], after: readonly number[]): number[] =>
  after.map((mib, index) => Math.max(0, mib - (before[index] ?? 0)));

/** The event loop's delay at the 99th percentile since the page was read last, milliseconds. */
export async function loopDelayMs(node: ClusterNode): Promise<number> {
  return Math.max(0, ((await page(node)).get('nodejs_eventloop_lag_p99_seconds') ?? Number.NaN) * 1_000 - LOOK_MS);
}

/** Whether the process says that it lives. */
export async function isAlive({ server }: ClusterNode): Promise<boolean> {
  try {
    return (await fetch(`${server.opsUrl}/livez`, { signal: AbortSignal.timeout(DEADLINE_MS) })).status === 200;
  } catch {
    return false;
  }
}
