// SPEC.md and the tests name the same rules.
import { describe, expect, test } from 'vitest';
import { read, tests } from './tree.ts';

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
