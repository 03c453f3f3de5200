// The files of the repository and their imports, as the architecture tests read them.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Paths from the root of the repository, sorted. */
export const filesIn = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => pattern.test(name))
    .sort();

export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

export const source = filesIn('src', /\.ts$/).filter((file) => !file.endsWith('.d.ts'));
export const tests = filesIn('test', /\.ts$/);
export const bench = filesIn('bench', /\.(ts|mjs)$/);
export const page = filesIn('src/console', /\.(js|css)$/);
export const scripts = filesIn('src/redis/lua', /\.lua$/);

export const tools = filesIn('tools', /\.(mjs|ts)$/);
/** The documents for people, without LICENSE. */
export const documents = [
  ...['README.md', 'SPEC.md', 'DECISIONS.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md', 'k8s/README.md'],
  ...filesIn('docs', /\.md$/).filter((file) => !/rules|reference|fault-table/.test(file)),
];

/** The folder of a file below `src`; the composition root is `src` itself. */
export const folderOf = (file: string): string => dirname(file).replace(/^src\/?/, '') || 'src';

/** The module names that a file imports. */
export const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/^(?:import|export)\b[^;]*?from '([^']+)';|^import '([^']+)';/gms)].map(
    ([, from, bare]) => (from ?? bare) as string,
  );

export interface Import {
  readonly from: string;
  readonly to: string;
}

/** The imports between files of `src`. */
export const inner: readonly Import[] = source.flatMap((from) =>
  importsOf(from)
    .filter((to) => to.startsWith('.'))
    .map((to) => ({ from, to: normalize(join(dirname(from), to)) })),
);
