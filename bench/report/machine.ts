// The machine and the versions of a measurement.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly redis: string;
  readonly socketIo: string;
  /** The commit, with `+` when files differ from it. */
  readonly commit: string;
  readonly at: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A command's output; empty where it cannot be run. */
function outputOf(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

export function describeMachine(): Machine {
  const { version } = JSON.parse(readFileSync(`${root}node_modules/socket.io/package.json`, 'utf8')) as {
    version: string;
  };
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    redis: /v=(\S+)/.exec(outputOf('redis-server', '--version'))?.[1] ?? 'unknown',
    socketIo: version,
    commit: `${outputOf('git', 'rev-parse', '--short', 'HEAD') || 'unknown'}${outputOf('git', 'status', '--porcelain') ? '+' : ''}`,
    at: new Date().toISOString(),
  };
}

/** How many files, and so sockets, a process may open; null where the system does not say. */
export function openFilesMax(): number | null {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(read('/proc/self/limits')) ?? [];
  return limit === undefined ? null : Number(limit);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
