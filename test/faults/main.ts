// `npm run faults`: plays rows of faults against real servers and writes the table. Must not know any row.
import { writeFileSync } from 'node:fs';
import { describeMachine } from '../../bench/report/machine.ts';
import { build } from '../../tools/build.mjs';
import { readOptions, USAGE, UsageError } from './options.ts';
import { renderReport } from './report.ts';
import { rows } from './rows/all.ts';
import { type RowResult, runRow } from './run.ts';
import { stopAll } from './running.ts';

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2), rows);
  build();
  const machine = describeMachine();
  const results: RowResult[] = [];
  for (const [index, row] of options.rows.entries()) {
    process.stderr.write(`${index + 1}/${options.rows.length} ${row.name}: ${row.fault}\n`);
    results.push(await runRow(row, options));
    // Written after each row: a run that is broken off has not been for nothing.
    const report = { machine, seed: options.seed, repetitions: options.repetitions, size: options.size, rows: results };
    if (options.out !== null) writeFileSync(options.out, renderReport(report));
    if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(report, shownInfinity, 2)}\n`);
  }
  const { repetitions, seed, size } = options;
  process.stdout.write(renderReport({ machine, seed, repetitions, size, rows: results }));
}

/** JSON has no word for what never came. */
const shownInfinity = (_key: string, value: unknown): unknown => (value === Number.POSITIVE_INFINITY ? 'never' : value);

// Broken off, it still ends what it started, each by its own process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().then(() => process.exit(1)));
}

// Sockets that were reset may hold a process for a while that has nothing left to do.
run().then(
  () => process.exit(),
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`${isUsage ? `${error.message}\n\n${USAGE}` : String((error as Error).stack)}\n`);
    process.exit(isUsage ? 2 : 1);
  },
);
