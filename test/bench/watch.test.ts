// What a stretch of work costs, and for how long it held the event loop up.
import { expect, test } from 'vitest';
import { watched } from '../../bench/simulation/watch.ts';

/** Nothing else has its turn meanwhile. */
function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test.each([
  ['at the very beginning', async () => spin(60)],
  [
    'later',
    async () => {
      await new Promise((resolve) => setImmediate(resolve));
      spin(60);
    },
  ],
])('a loop that is held up is seen: %s', async (_, act) => {
  const { stallMs, cpuUs, elapsedMs } = await watched(act);
  expect(stallMs).toBeGreaterThan(40);
  expect(elapsedMs).toBeGreaterThanOrEqual(60);
  expect(cpuUs).toBeGreaterThan(20_000);
});
