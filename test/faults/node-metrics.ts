// What a server tells of itself on its page of metrics. Must not know rows.
import { parseMetrics } from '../support/metrics-page.ts';
import type { ClusterNode } from './cluster.ts';

const DEADLINE_MS = 3_000;
/** The server looks at its loop so often, and counts that in (OPS-1). */
const LOOK_MS = 50;

async function page({ server }: ClusterNode): Promise<Map<string, number>> {
  const answer = await fetch(`${server.opsUrl}/metrics`, { signal: AbortSignal.timeout(DEADLINE_MS) });
  return parseMetrics(await answer.text());
}

/** One series of the page. */
export async function metric(node: ClusterNode, series: string): Promise<number> {
  return (await page(node)).get(series) ?? Number.NaN;
}

export async function heapMiB(node: ClusterNode): Promise<number> {
  return ((await page(node)).get('nodejs_heap_size_used_bytes') ?? Number.NaN) / 2 ** 20;
}

export async function rssMiB(node: ClusterNode): Promise<number> {
  return ((await page(node)).get('process_resident_memory_bytes') ?? Number.NaN) / 2 ** 20;
}

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
