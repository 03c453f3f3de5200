// A real Maiwei process, started as an operator starts it (`node dist/main.js`) and stopped by a signal to it alone.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

/** A program to start. */
export interface Program {
  readonly command: readonly string[];
  readonly directory?: string;
  /** The user to run as; needs root. */
  readonly uid?: number;
  /** The text that it prints when it listens. */
  readonly listening?: string;
}

const built: Program = { command: [process.execPath, fileURLToPath(new URL('../../dist/main.js', import.meta.url))] };

export interface ServerProcess {
  readonly url: string;
  readonly opsUrl: string;
  readonly process: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** A free port may be taken before the server listens on it, as other tests start servers at the same time. */
const PORT_TAKEN = /EADDRINUSE|OPS_PORT: must differ/;
const TRIES_MAX = 3;

/** Resolves when it listens; rejects with its output when it ends instead. Only `environment` is passed on. */
export async function startServerProcess(
  environment: Readonly<Record<string, string>>,
  program: Program = built,
): Promise<ServerProcess> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce(environment, program);
    } catch (error) {
      const isPortGiven = 'PORT' in environment;
      if (isPortGiven || tries >= TRIES_MAX || !PORT_TAKEN.test((error as Error).message)) throw error;
    }
  }
}

async function startOnce(
  environment: Readonly<Record<string, string>>,
  { command, directory, uid, listening = 'Maiwei is listening' }: Program,
): Promise<ServerProcess> {
  const [port, opsPort] = [await freePort(), await freePort()];
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    ...(directory === undefined ? {} : { cwd: directory }),
    ...(uid === undefined ? {} : { uid, gid: uid }),
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), OPS_PORT: String(opsPort), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    const onOutput = (text: Buffer) => {
      output += text.toString();
      if (output.includes(listening)) resolve();
    };
    child.stdout.on('data', onOutput);
    child.stderr.on('data', onOutput);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${output}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    opsUrl: `http://127.0.0.1:${opsPort}`,
    process: child,
    output: () => output,
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}
