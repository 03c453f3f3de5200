// The documents name files that exist, link to pages and headings that exist, and README stays short.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Documents about the tree of today; CHANGELOG.md and DECISIONS.md may name files of the past. */
const guides = [
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  'k8s/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const pages = [...guides, 'SPEC.md', 'DECISIONS.md', 'CHANGELOG.md'];

const README_LINES_MAX = 160;

/** Paths in backticks; a pattern stands for its folder, and an example in angle brackets is none. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(/`((?:src|test|tools|docs|bench|k8s)\/[^`\s]*)`/g)]
    .map(([, path = '']) => path.replace(/#.*$/, ''))
    .map((path) => (path.includes('*') ? `${dirname(path.slice(0, path.indexOf('*') + 1))}/` : path));

/** Links that stay in the repository: file, and heading if any. */
const linksIn = (text: string): { readonly file: string; readonly heading: string }[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', heading = ''] = target.split('#');
      return { file, heading };
    });

/** The anchors of a page as GitHub makes them. */
const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

describe('[TREE] documents', () => {
  test.each(guides)('%s names only paths that exist', (page) => {
    // The table of rules names files under test/, where there is a folder docs, too.
    const homes = page === 'docs/rules.md' ? ['.', 'test'] : ['.'];
    const exists = (path: string) => homes.some((home) => existsSync(join(root, home, path)));
    expect(pathsIn(read(page)).filter((path) => !exists(path))).toEqual([]);
  });

  test('the drawing and the tables of README name files', () => {
    const stations = [...read('README.md').matchAll(/^ ?\d+ ([a-z/-]+\.ts)/gm)].map(([, file = '']) => file);
    expect(stations.length).toBe(10);
    expect(stations.filter((file) => !existsSync(join(root, 'src', file)))).toEqual([]);
    expect(pathsIn(read('README.md')).length).toBeGreaterThan(50);
  });

  test.each(pages)('every relative link of %s leads somewhere', (page) => {
    const dead = linksIn(read(page)).filter(({ file, heading }) => {
      const target = file === '' ? page : normalize(join(dirname(page), file));
      if (!existsSync(join(root, target))) return true;
      return heading !== '' && !anchorsOf(read(target)).has(heading);
    });
    expect(dead).toEqual([]);
  });

  test('README has at most 160 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(README_LINES_MAX);
  });
});
