// The list of mutants fits the code: each text to replace occurs once. tools/mutants.mjs shows whether tests fail then.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mutants } from '../../tools/mutants-list.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('every mutant changes one place of the code that is there today', () => {
  const placesOf = ({ file, from }: (typeof mutants)[number]) =>
    readFileSync(join(root, file), 'utf8').split(from).length - 1;
  const stale = mutants.filter((mutant) => placesOf(mutant) !== 1 || mutant.from === mutant.to);
  expect(stale.map(({ name }) => name)).toEqual([]);
});

test('every mutant names tests that exist, and no two have one name', () => {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).map((name) => `test/${name}`);
  // To vitest a path is a part of one.
  const wanted = mutants.flatMap(({ tests }) => tests.split(' ').filter((word) => word.startsWith('test/')));
  expect([...new Set(wanted)].filter((part) => !files.some((file) => file.includes(part)))).toEqual([]);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});
