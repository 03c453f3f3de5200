// Starts and stops the load client's process. Must not know what it is asked.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CrowdMethods } from '../load/main.ts';
import { type Ask, askChild } from './remote.ts';

export interface CrowdProcess {
  readonly ask: Ask<CrowdMethods>;
  stop(): Promise<void>;
}

export function startCrowd(): CrowdProcess {
  const script = fileURLToPath(new URL('../load/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    ask: askChild<CrowdMethods>(child),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
