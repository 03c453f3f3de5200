// A newer build of the server: the built code, patched as text. Seats have one more field, and there is one more event.
// It throws when the lines to patch are not there any more.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from './server-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Patch {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

const MIC = "stamp(context, { type: 'mic.changed', seat: seat.seat, userId, selfMuted })";

/** A member who switches their microphone blesses their seat; the seat counts it, and members get an event. */
const patches: readonly Patch[] = [
  {
    file: 'domain/apply.js',
    find: "case 'room.updated':",
    put: `case 'seat.blessed':
            return { seats: changeSeat(seats, event.seat, (seat) => ({ ...seat, blessings: (seat.blessings ?? 0) + 1 })) };
        case 'room.updated':`,
  },
  {
    file: 'domain/stage-event.js',
    find: 'Object.hasOwn(publicEventSchemas, event.type)',
    put: "(event.type === 'seat.blessed' || Object.hasOwn(publicEventSchemas, event.type))",
  },
  {
    file: 'domain/stage-event.js',
    find: '[publicEventSchemas, staffEventSchemas, hiddenTypes]',
    put: "[publicEventSchemas, staffEventSchemas, hiddenTypes, { 'seat.blessed': true }]",
  },
  { file: 'domain/seats.js', find: MIC, put: `${MIC}, stamp(context, { type: 'seat.blessed', seat: seat.seat })` },
];

export interface NextBuild {
  readonly program: Program;
  remove(): Promise<void>;
}

export async function buildNext(): Promise<NextBuild> {
  const directory = await mkdtemp(join(tmpdir(), 'maiwei-next-'));
  await cp(join(root, 'dist'), join(directory, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(directory, 'package.json'));
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const { file, find, put } of patches) {
    const path = join(directory, 'dist', file);
    const code = await readFile(path, 'utf8');
    if (!code.includes(find)) throw new Error(`${file} has changed: ${find} is not in it`);
    await writeFile(path, code.replace(find, put));
  }
  return {
    program: { command: [process.execPath, join(directory, 'dist', 'main.js')] },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
