// Starts and stops a TypeScript process of the bench that answers over Node's channel.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Ask, askChild, type Methods } from './remote.ts';

export interface ScriptProcess<M extends Methods> {
  readonly ask: Ask<M>;
  stop(): Promise<void>;
}

export interface Script {
  /** Relative to the bench. */
  readonly file: string;
  /** Arguments for Node itself. */
  readonly flags?: readonly string[];
  /** After this time the process is ended in any case, and open questions are rejected. */
  readonly lifeMaxMs?: number;
}

export function startScript<M extends Methods>({ file, flags = [], lifeMaxMs }: Script): ScriptProcess<M> {
  const script = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const child = spawn(process.execPath, [...flags, '--import', 'tsx', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const bound = lifeMaxMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), lifeMaxMs);
  return {
    ask: askChild<M>(child),
    async stop() {
      clearTimeout(bound);
      child.kill('SIGKILL');
      await exited;
    },
  };
}
