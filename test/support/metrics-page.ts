// Reads a page of metrics as Prometheus does: one number for each series.

/** `name{label="value"}` → number. Comments are skipped; any other line that is not a sample throws. */
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

/** All series of that name, with their labels. */
export function seriesOf(samples: ReadonlyMap<string, number>, name: string): Record<string, number> {
  return Object.fromEntries([...samples].filter(([series]) => series === name || series.startsWith(`${name}{`)));
}
