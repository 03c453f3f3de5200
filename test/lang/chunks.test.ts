// Chunks: all items, in order, none twice.
import { expect, test } from 'vitest';
import { chunksOf } from '../../src/lang/chunks.ts';

test('a list is cut into chunks in order; the last one may be shorter, and an empty list has none', () => {
  expect([...chunksOf([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...chunksOf([1, 2, 3, 4], 2)]).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect([...chunksOf([1], 100)]).toEqual([[1]]);
  expect([...chunksOf([], 2)]).toEqual([]);
});
