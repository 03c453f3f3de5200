// The compiler's part of this test is in `tsc --noEmit`: each line below `@ts-expect-error` must not compile.
import { expect, test } from 'vitest';
import { inOneStep } from '../../../src/rooms/contract/one-step.ts';

test('a step that returns at once gives its value', () => {
  expect(inOneStep(() => 3)).toBe(3);
  expect(inOneStep(() => ({ ok: true }) as const)).toEqual({ ok: true });
  expect(inOneStep(() => undefined)).toBeUndefined();
});

test('a step that may wait does not compile', () => {
  const isDue = Date.length > 0;
  const steps = [
    // @ts-expect-error: an async step
    () => inOneStep(async () => 3),
    // @ts-expect-error: an async step without a value
    () => inOneStep(async () => undefined),
    // @ts-expect-error: a step that returns a promise on one of its paths
    () => inOneStep((): number | Promise<number> => (isDue ? Promise.resolve(3) : 3)),
  ];
  expect(steps).toHaveLength(3);
});
