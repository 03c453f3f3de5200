// The tree keeps its promises: who may import whom, what lives in one place only, sizes, first lines, SPEC ↔ tests.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const filesIn = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => pattern.test(name))
    .sort();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const source = filesIn('src', /\.ts$/).filter((file) => !file.endsWith('.d.ts'));
const tests = filesIn('test', /\.ts$/);
const bench = filesIn('bench', /\.(ts|mjs)$/);
const page = filesIn('src/console', /\.(js|css)$/);

/** Names of files that are engines: only app.ts and its engines.ts may import them from elsewhere. */
const engineWord = /-(memory|redis|agora|p2p|none|jwt)\.ts$/;
const contracts =
  /^src\/(store\/|fanout\/|rtc\/|auth\/|ops\/(agenda|clock|loop-delay|random|logger|metrics|store-watch)\.ts)/;
const composition = /^src\/(app|engines|config|settings)\.ts$|^src\/ops\/lifecycle\.ts$/;

/** Lower ranks know nothing of higher ones. */
function rankOf(file: string): number {
  if (/^src\/(lang|protocol)\//.test(file)) return 0;
  if (file.startsWith('src/domain/')) return 1;
  // Leaves of rooms: they use them, and these know nothing of rooms, nor of each other.
  if (/^src\/rooms\/(leases|settling)\//.test(file)) return 2.5;
  if (file.startsWith('src/rooms/')) return 3;
  if (file.startsWith('src/redis/')) return 4;
  if (engineWord.test(file) || /^src\/(transport|http)\//.test(file)) return 5;
  if (composition.test(file)) return 6;
  if (contracts.test(file)) return 2;
  if (file === 'src/main.ts') return 7;
  throw new Error(`${file} has no place in the order of imports: say where it belongs`);
}

interface Import {
  readonly from: string;
  readonly to: string;
}

const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/^(?:import|export)\b[^;]*?from '([^']+)';|^import '([^']+)';/gms)].map(
    ([, from, bare]) => (from ?? bare) as string,
  );
const inner: Import[] = source.flatMap((from) =>
  importsOf(from)
    .filter((to) => to.startsWith('.'))
    .map((to) => ({ from, to: normalize(join(dirname(from), to)) })),
);

describe('imports', () => {
  test('[TREE] go down the ranks, or stay within a folder', () => {
    const sideways = ({ from, to }: Import) => rankOf(from) === rankOf(to) && dirname(from) !== dirname(to);
    const meeting = (rank: number) => rank === 0 || rank === 2 || rank === 6;
    const wrong = inner.filter((one) => {
      const [from, to] = [rankOf(one.from), rankOf(one.to)];
      const isSubfolder =
        dirname(one.from).startsWith(`${dirname(one.to)}/`) || dirname(one.to).startsWith(`${dirname(one.from)}/`);
      return to > from || (sideways(one) && !meeting(from) && !(isSubfolder && from === 5));
    });
    expect(wrong).toEqual([]);
  });

  test('[TREE] protocol and lang import nothing of ours but themselves', () => {
    expect(inner.filter(({ from, to }) => rankOf(from) === 0 && dirname(from) !== dirname(to))).toEqual([]);
  });

  test('[TREE] engines are chosen in the composition root alone', () => {
    const outside = inner.filter(
      ({ from, to }) => engineWord.test(to) && !composition.test(from) && dirname(from) !== dirname(to),
    );
    expect(outside).toEqual([]);
    const byContracts = inner.filter(
      ({ from, to }) => engineWord.test(to) && !engineWord.test(from) && !composition.test(from),
    );
    expect(byContracts).toEqual([]);
  });

  test('[TREE] have no cycle', () => {
    const next = new Map(source.map((file) => [file, inner.filter(({ from }) => from === file).map(({ to }) => to)]));
    const done = new Set<string>();
    const walk = (file: string, path: string[]): string[] | null => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return null;
      for (const to of next.get(file) ?? []) {
        const cycle = walk(to, [...path, file]);
        if (cycle) return cycle;
      }
      done.add(file);
      return null;
    };
    for (const file of source) expect(walk(file, [])).toBeNull();
  });

  test.each([
    [/^socket\.io(-parser)?$/, /^src\/transport\//],
    [/^@socket\.io\/redis-adapter$/, /^src\/transport\//],
    [/^ws$/, /^src\/transport\//],
    [/^(fastify|@fastify\/.*)$/, /^src\/http\//],
    [/^ioredis$/, /^src\/redis\//],
    [/^agora-token/, /^src\/rtc\//],
    [/^jose$/, /^src\/auth\//],
    [/^rate-limiter-flexible$/, /^src\/transport\/rate-limit\.ts$/],
    [/^pino$/, /^src\/ops\/logger\.ts$/],
    [/^prom-client$/, /^src\/ops\/metrics\.ts$/],
    [/^close-with-grace$/, /^src\/main\.ts$/],
  ])('[TREE] %s has one home', (name, home) => {
    const users = source.filter((file) => importsOf(file).some((to) => name.test(to)));
    expect(users.length).toBeGreaterThan(0);
    expect(users.filter((file) => !home.test(file))).toEqual([]);
  });
});

describe('one place only', () => {
  /** Code without comments and texts, so that they may speak of what they must not do. */
  const codeOf = (file: string) =>
    read(file)
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\/\/.*$/gm, '')
      .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");

  test.each([
    [/\bDate\.now\b|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b/, /^src\/ops\/clock\.ts$/],
    [/\bMath\.random\b/, /^$/],
    [/\brandom(Bytes|Int|UUID)\b/, /^src\/ops\/random\.ts$/],
    [/\bprocess\.env\b/, /^src\/config\.ts$/],
    [/\bconsole\./, /^$/],
    [/\bprocess\.(exit|exitCode|stdout|stderr)\b/, /^src\/main\.ts$/],
  ])('[D7] %s', (pattern, home) => {
    const users = source.filter((file) => pattern.test(codeOf(file)));
    expect(users.filter((file) => !home.test(file))).toEqual([]);
  });

  test('[TREE] keys and channels are built in redis/keys.ts alone', () => {
    const builders = source.filter((file) => /\$\{prefix\}|['`]mw:/.test(read(file)));
    expect(builders).toEqual(['src/redis/keys.ts']);
  });
});

describe('size and shape', () => {
  const everything = [
    ...source,
    ...tests,
    ...page,
    ...filesIn('src/redis/lua', /\.lua$/),
    ...filesIn('tools', /\.m[jt]s$/),
    ...bench,
  ];

  test('[STYLE] no file has more than 300 lines', () => {
    expect(everything.filter((file) => read(file).split('\n').length > 301)).toEqual([]);
  });

  test('[STYLE] every file begins by saying what it is', () => {
    expect(everything.filter((file) => !/^(\/\/|--|\/\*|#!) ?\S/.test(read(file)))).toEqual([]);
  });

  test('[STYLE] no folder is a drawer for odds and ends', () => {
    const folders = new Set([...source, ...tests, ...bench].flatMap((file) => dirname(file).split('/')));
    for (const name of ['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'shared'])
      expect(folders).not.toContain(name);
  });

  test('[STYLE] no boolean parameter, no any, no sleep in a test', () => {
    const flags = [...source, ...bench].filter((file) => /[(,]\s*\w+\??: boolean\s*[,)]/.test(read(file)));
    expect(flags).toEqual([]);
    expect(
      [...source, ...tests, ...bench].filter(
        (file) => /(: any\b|\bas any[;,)\]]|<any>)/.test(read(file)) && !file.endsWith('architecture.test.ts'),
      ),
    ).toEqual([]);
    expect(
      tests.filter(
        (file) =>
          /new Promise\([^)]*\) => setTimeout|timers\/promises/.test(read(file)) &&
          !file.endsWith('architecture.test.ts'),
      ),
    ).toEqual([]);
    expect(
      tests.filter(
        (file) => /\b(test|it|describe)\.(skip|only|todo)\b/.test(read(file)) && !file.endsWith('architecture.test.ts'),
      ),
    ).toEqual([]);
  });

  test('[STYLE] tests that need more than node say so in their names', () => {
    const needs = tests.filter(
      (file) =>
        /\.test\.ts$/.test(file) &&
        /(redis-server|image-build)\.ts'|playwright/.test(importsOf(file).join('\n').replace(/$/gm, "'")),
    );
    expect(needs.filter((file) => !/\.(redis|browser|deploy)\.test\.ts$/.test(file))).toEqual([]);
  });
});

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe('packages', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };

  test('[D6] what the hot path and our safety rest on is new enough, whatever the ranges say', () => {
    const least = {
      'engine.io': [6, 6, 12],
      ws: [8, 21, 0],
      'socket.io-parser': [4, 2, 6],
      'socket.io-adapter': [2, 5, 7],
    };
    for (const [name, minimum] of Object.entries(least)) {
      const found = Object.entries(lock.packages).filter(([path]) => path.endsWith(`node_modules/${name}`));
      expect(found.length).toBeGreaterThan(0);
      for (const [, { version = '0' }] of found) {
        const parts = version.split('.').map(Number);
        const newer = parts.findIndex((part, index) => part !== minimum[index]);
        expect(newer === -1 || (parts[newer] ?? 0) > (minimum[newer] ?? 0), `${name} ${version}`).toBe(true);
      }
    }
  });

  test('[D6] the lockfile names versions, not places', () => {
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
    expect(Object.entries(lock.packages).filter(([path, { version }]) => path !== '' && !version)).toEqual([]);
  });

  test('[D6] the lockfile is whole: npm ci refuses one that lacks what a package may need on another platform', () => {
    const present = new Set(Object.keys(lock.packages).map((path) => path.replace(/.*node_modules\//, '')));
    const wanted = Object.values(lock.packages).flatMap((one) =>
      Object.keys({ ...one.dependencies, ...one.optionalDependencies }),
    );
    expect(wanted.filter((name) => !present.has(name))).toEqual([]);
  });
});

describe('SPEC.md and the tests', () => {
  const rules = () =>
    [...read('SPEC.md').matchAll(/^- \*\*([A-Z]+-\d+)\*\*( \*\(later\)\*)?/gm)].map(([, id, later]) => ({
      id: id as string,
      isLater: later !== undefined,
    }));
  const inForce = () => new Set(rules().flatMap(({ id, isLater }) => (isLater ? [] : [id])));
  const named = () =>
    new Set(
      tests.flatMap((file) =>
        [...read(file).matchAll(/\[([A-Z]+-\d+)\](?=[^'"`\n]*['"`])/g)].map(([, id]) => id as string),
      ),
    );

  test('[TREE] every rule in force has a test that names it', () => {
    expect(inForce().size).toBeGreaterThan(40);
    const tested = named();
    expect([...inForce()].filter((id) => !tested.has(id)).sort()).toEqual([]);
  });

  test('[TREE] every rule that a test names is in force', () => {
    const known = inForce();
    expect([...named()].filter((id) => !known.has(id)).sort()).toEqual([]);
  });

  test('[TREE] no rule is written down twice', () => {
    const ids = rules().map(({ id }) => id);
    expect(ids.length).toBe(new Set(ids).size);
  });
});
