// Reads a page of metrics as Prometheus would: one number for each series.

/** `name{label="value"}` → number; comments are passed over, anything else that is no sample throws. */
export function parseMetrics(page: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of page.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, series, value] = /^(\S+?(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (series === undefined || value === undefined) throw new Error(`no sample: ${line}`);
    samples.set(series, Number(value));
  }
  return samples;
}

/** The series of that name with their labels, for comparison as a whole. */
export function seriesOf(samples: ReadonlyMap<string, number>, name: string): Record<string, number> {
  return Object.fromEntries([...samples].filter(([series]) => series === name || series.startsWith(`${name}{`)));
}
