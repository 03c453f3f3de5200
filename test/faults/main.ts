// `npm run faults`: plays rows of faults against real servers and writes the table.
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
    // Written after each row, so that an aborted run keeps its results.
    const report = { machine, seed: options.seed, repetitions: options.repetitions, size: options.size, rows: results };
    if (options.out !== null) writeFileSync(options.out, renderReport(report));
    if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(report, shownInfinity, 2)}\n`);
  }
  const { repetitions, seed, size } = options;
  process.stdout.write(renderReport({ machine, seed, repetitions, size, rows: results }));
}

/** JSON has no Infinity: events that never came become `never`. */
const shownInfinity = (_key: string, value: unknown): unknown => (value === Number.POSITIVE_INFINITY ? 'never' : value);

// When aborted, it still ends each process that it started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().then(() => process.exit(1)));
}

// Sockets that were reset may keep an otherwise finished process alive for a while.
run().then(
  () => process.exit(),
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`${isUsage ? `${error.message}\n\n${USAGE}` : String((error as Error).stack)}\n`);
    process.exit(isUsage ? 2 : 1);
  },
);
