// The load client's process. Must not know what it is asked.
import type { CrowdMethods } from '../load/main.ts';
import { type ScriptProcess, startScript } from './script.ts';

export type CrowdProcess = ScriptProcess<CrowdMethods>;

export const startCrowd = (): CrowdProcess => startScript<CrowdMethods>({ file: 'load/main.ts' });
