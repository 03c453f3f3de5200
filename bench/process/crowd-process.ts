// Starts the load client's process.
import type { CrowdMethods } from '../load/main.ts';
import { type ScriptProcess, startScript } from './script.ts';

export type CrowdProcess = ScriptProcess<CrowdMethods>;

export const startCrowd = (): CrowdProcess => startScript<CrowdMethods>({ file: 'load/main.ts' });
