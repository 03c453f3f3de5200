// Ids: of the id alphabet, and never the same twice.
import { expect, test } from 'vitest';
import { systemRandom } from '../../src/ops/random.ts';

test('[CONN-2] an id has 22 characters of the id alphabet, and none comes twice, also across two pools', () => {
  const ids = Array.from({ length: 5_000 }, () => systemRandom.id());
  expect(ids.every((id) => /^[A-Za-z0-9_-]{22}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  // No two ids share their beginning, as they would if pools overlapped.
  expect(new Set(ids.map((id) => id.slice(0, 10))).size).toBe(ids.length);
});
