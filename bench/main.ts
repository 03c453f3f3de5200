// `npm run bench`: measures the chosen scenarios, prints the table, writes the files.
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from '../tools/build.mjs';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { createProgress } from './progress.ts';
import { renderPage } from './report/html.ts';
import { describeMachine, openFilesMax } from './report/machine.ts';
import { withFigures } from './report/readme.ts';
import { type Report, summarize } from './report/results.ts';
import { renderReport } from './report/table.ts';
import { mostFiles, runAll, type Step, stepsOf } from './run.ts';
import { scenarios } from './scenarios/all.ts';

const readme = new URL('README.md', import.meta.url);

async function measure(options: Options): Promise<Report> {
  const steps = stepsOf(options);
  checkOpenFiles(steps);
  build();
  const progress = createProgress(steps.length);
  const results = await runAll(steps, ({ scenario, subject, run }, index) =>
    progress.show(index, `${scenario.name} · ${subject} · run ${run}`),
  ).finally(() => progress.end());
  return summarize(results, describeMachine());
}

/** Earlier measurements, judged again. */
function kept(file: string): Report {
  const { results, machine } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  return summarize(results, machine);
}

function checkOpenFiles(steps: readonly Step[]): void {
  const { name, files } = mostFiles(steps);
  const limit = openFilesMax();
  if (limit === null || limit >= files) return;
  const shortage = `${name} needs ${files} open files in one process and ${limit} are allowed`;
  throw new UsageError(`${shortage}: ulimit -n ${files}, or fewer --members, or other scenarios`);
}

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2), scenarios);
  const report = options.from === null ? await measure(options) : kept(options.from);
  process.stdout.write(renderReport(report));
  if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.html !== null) {
    const titles = Object.fromEntries(scenarios.map(({ name, title }) => [name, title]));
    writeFileSync(options.html, renderPage(report, titles));
  }
  if (options.readme) writeFileSync(readme, withFigures(readFileSync(readme, 'utf8'), report));
}

// When aborted, it still ends what it started: see the stage.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
run().catch((error: unknown) => {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`${isUsage ? `${error.message}\n\n${USAGE}` : String((error as Error).stack)}\n`);
  process.exitCode = isUsage ? 2 : 1;
});
