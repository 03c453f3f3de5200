// Breaks the code on purpose, one mutant at a time, in a copy of the tree, and checks that tests fail.
// `node tools/mutants.mjs [word…]` plays the mutants whose name has one of the words. It takes minutes and is no part
// of `npm test`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutants } from './mutants-list.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A mutant that makes the tests hang counts as killed. */
const RUN_TIMEOUT_MS = 120_000;
/** How many runs the simulation has to notice a mutant. */
const SIMULATED_RUNS = 150;

const words = process.argv.slice(2);
const chosen = mutants.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const copy = copyTree();
try {
  const healthy = [...new Set(chosen.map(({ tests }) => tests))].filter((tests) => run(tests) !== 0);
  if (healthy.length > 0) throw new Error(`red without any mutant: ${healthy.join(', ')}`);
  const verdicts = chosen.map((mutant) => ({ mutant, verdict: tryMutant(mutant) }));
  const bad = verdicts.filter(({ verdict }) => verdict !== 'killed');
  process.stdout.write(`\n${verdicts.length - bad.length} of ${verdicts.length} mutants killed\n`);
  for (const { mutant, verdict } of bad) process.stdout.write(`  ${verdict}: ${mutant.name} (${mutant.file})\n`);
  process.exitCode = bad.length === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function copyTree() {
  const folder = mkdtempSync(join(tmpdir(), 'maiwei-mutants-'));
  const files = ['src', 'test', 'tools', 'SPEC.md', 'package.json', 'package-lock.json', 'vitest.config.ts'];
  for (const name of [...files, 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** The exit code of vitest; `tests` are its arguments. */
function run(tests) {
  const vitest = join(copy, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--bail=1', '--reporter=dot', ...tests.split(' ')];
  const env = { ...process.env, SIM_RUNS: String(SIMULATED_RUNS) };
  const limits = { timeout: RUN_TIMEOUT_MS, killSignal: 'SIGKILL', detached: true, env };
  const { status, pid, error } = spawnSync(process.execPath, args, { cwd: copy, stdio: 'ignore', ...limits });
  // A mutant that loops does so in a worker, which outlives vitest itself: the whole process group is ended.
  if (error) endGroup(pid);
  return status;
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function tryMutant({ name, file, from, to, tests }) {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  const places = original.split(from).length - 1;
  if (places !== 1) return report(name, `stale (its text occurs ${places} times)`);
  writeFileSync(
    path,
    original.replace(from, () => to),
  );
  try {
    return report(name, run(tests) === 0 ? 'survived' : 'killed');
  } finally {
    writeFileSync(path, original);
  }
}

function report(name, verdict) {
  process.stdout.write(`${verdict.padEnd(10)} ${name}\n`);
  return verdict;
}
