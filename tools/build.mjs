// Builds src into dist when dist is missing or older: tsc, then copies of the files that tsc ignores (Lua, the page).
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, root } from './install.mjs';

const stamp = join(root, 'dist', '.built');

export function build() {
  if (existsSync(stamp) && newestIn(join(root, 'src')) < statSync(stamp).mtimeMs) return;
  process.stdout.write('Building…\n');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  for (const folder of ['redis/lua', 'console']) {
    cpSync(join(root, 'src', folder), join(root, 'dist', folder), { recursive: true });
  }
  writeFileSync(stamp, '');
}

function newestIn(folder) {
  const times = readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, name)).mtimeMs);
  return Math.max(...times, statSync(join(root, 'tsconfig.build.json')).mtimeMs);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installPackages();
  build();
}
