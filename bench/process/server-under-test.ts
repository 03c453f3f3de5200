// One server under test: a process of its own with a probe in it, on a free port.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.ts';
import type { Address } from '../load/raw-connection.ts';

const probe = new URL('../subjects/probe.mjs', import.meta.url).href;
const START_MAX_MS = 20_000;
/** Long enough for a garbage collection of a process with 10,000 connections. */
const ANSWER_MAX_MS = 15_000;

export interface ServerProgram {
  /** Relative to the repository. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The resources that a process has used since it began. */
export interface Usage {
  /** User and system time of all its threads. */
  readonly cpuUs: number;
  /** By the machine's monotonic clock. */
  readonly atMs: number;
  readonly rssBytes: number;
  /** The JavaScript heap and its external memory: buffers, and socket memory that V8 knows of. */
  readonly heldBytes: number;
}

export interface ServerUnderTest extends Address {
  readonly opsPort: number;
  /** `collected`: after a garbage collection, for memory that is really in use. */
  usage(state?: 'as it is' | 'collected'): Promise<Usage>;
  stop(): Promise<void>;
}

interface Report {
  readonly id: number;
  readonly cpuUs: number;
  readonly atNs: string;
  readonly memory: NodeJS.MemoryUsage;
}

/** Resolves when it listens. Only PATH and `environment` are passed on. */
export async function startServer({ script, environment }: ServerProgram): Promise<ServerUnderTest> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const [port, opsPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ['--expose-gc', '--import', probe, script], {
    cwd: root,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), OPS_PORT: String(opsPort), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await listening(child, script);
  return {
    host: '127.0.0.1',
    port,
    opsPort,
    usage: askProbe(child),
    async stop() {
      // It has nothing to lose; an orderly stop would only take time.
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function listening(child: ChildProcess, script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (reason: string) => {
      child.kill('SIGKILL');
      reject(new Error(`${script} ${reason}:\n${output}`));
    };
    const timer = setTimeout(() => fail('did not listen in time'), START_MAX_MS);
    const onOutput = (text: Buffer) => {
      if (output.length < 10_000) output += text.toString();
      if (!output.includes('is listening')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', onOutput);
    child.stderr?.on('data', onOutput);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}

function askProbe(child: ChildProcess): ServerUnderTest['usage'] {
  let last = 0;
  return (state = 'as it is') =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const done = () => {
        clearTimeout(timer);
        child.off('message', onReport);
        child.off('exit', end);
      };
      const end = () => {
        done();
        reject(new Error('the server under test ended, or does not answer'));
      };
      const onReport = ({ id: answered, cpuUs, atNs, memory }: Report) => {
        if (answered !== id) return;
        done();
        const heldBytes = memory.heapUsed + memory.external;
        resolve({ cpuUs, atMs: Number(BigInt(atNs)) / 1e6, rssBytes: memory.rss, heldBytes });
      };
      const timer = setTimeout(end, ANSWER_MAX_MS);
      child.on('message', onReport);
      child.once('exit', end);
      if (child.exitCode !== null || child.signalCode !== null) return end();
      child.send({ id, isCollecting: state === 'collected' });
    });
}
