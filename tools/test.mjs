// `npm test`: installs what is missing, builds what is stale, runs every test; ends with one plain line of counts.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { build } from './build.mjs';
import { installPackages, root } from './install.mjs';

/** Programs that some tests need from the system: name, possible folders, package. */
const programs = [
  { name: 'redis-server', paths: ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'], package: 'redis-server' },
  { name: 'chromium', paths: ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'], package: 'chromium' },
  { name: 'kubectl', paths: ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'], package: 'kubernetes-client' },
];

installSystemPackages();
installPackages();
build();
await runTests(process.argv.slice(2));

/** The path of a program: named by the environment, in one of the usual folders, or on the PATH. Null without one. */
function find({ name, paths }) {
  if (name === 'chromium' && process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const folders = [...paths, ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

function installSystemPackages() {
  const missing = programs.filter((program) => find(program) === null);
  if (missing.length === 0) return;
  const names = missing.map((program) => program.package).join(' ');
  const mayInstall = existsSync('/usr/bin/apt-get') && (process.getuid?.() === 0 || process.env.CI);
  if (!mayInstall) {
    process.stderr.write(`Some tests need programs that are not installed: ${names}. Install them and run again.\n`);
    process.exit(1);
  }
  process.stdout.write(`Installing ${names} from the system's packages…\n`);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (...args) => {
    const [command, ...rest] = [...sudo, 'apt-get', '-qq', ...args];
    execFileSync(command, rest, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  try {
    apt('update');
    apt('install', '-y', '--no-install-recommends', ...missing.map((program) => program.package));
  } catch {
    process.stderr.write(`They could not be installed: ${names}. Install them and run again.\n`);
    process.exit(1);
  }
}

async function runTests(args) {
  const report = join(root, 'test-output', 'results.json');
  mkdirSync(join(root, 'test-output'), { recursive: true });
  rmSync(report, { force: true });
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const env = { ...process.env, CHROMIUM_PATH: find(programs[1]) ?? '' };
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], { cwd: root, env, stdio: 'inherit' });
  const code = await new Promise((resolve) => child.on('exit', (status) => resolve(status ?? 1)));
  if (!existsSync(report)) throw new Error(`vitest ended with ${code} and without a report`);
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  // A file that could not be loaded has no tests to fail: it counts as one failed test.
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.length,
  );
  process.stdout.write(`\n${numPassedTests} passed, ${numFailedTests + unloaded.length} failed\n`);
  process.exitCode = code;
}
