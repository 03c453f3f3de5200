// The size and the shape of files, and what tests may not do.
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bench, filesIn, importsOf, page, read, scripts, source, tests } from './tree.ts';

describe('size and shape', () => {
  const everything = [...source, ...tests, ...page, ...scripts, ...filesIn('tools', /\.m[jt]s$/), ...bench];

  test('[STYLE] no file has more than 400 lines', () => {
    expect(everything.filter((file) => read(file).split('\n').length > 401)).toEqual([]);
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
        (file) => /(: any\b|\bas any[;,)\]]|<any>)/.test(read(file)) && !file.startsWith('test/architecture/'),
      ),
    ).toEqual([]);
    expect(
      tests.filter(
        (file) =>
          /new Promise\([^)]*\) => setTimeout|timers\/promises/.test(read(file)) &&
          !file.startsWith('test/architecture/'),
      ),
    ).toEqual([]);
    expect(
      tests.filter(
        (file) => /\b(test|it|describe)\.(skip|only|todo)\b/.test(read(file)) && !file.startsWith('test/architecture/'),
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
