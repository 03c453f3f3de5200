// Every row of the fault table once, in small: real processes, real Redis, the same checkers. Budgets are doubled,
// because several rows and other work share the machine.
import { describe, expect, test } from 'vitest';
import { rows } from './rows/all.ts';
import type { Row } from './rows/row.ts';
import { runRow } from './run.ts';

/** Longer versions of the same fault are for `npm run faults`. */
const onlyInFull: readonly string[] = ['pause-30', 'cut-60', 'clocks-60s'];
/** The number of rows at once: each of them mostly waits. */
const LANES = 4;
const PATIENCE = 2;

const played = rows.filter(({ name }) => !onlyInFull.includes(name));

/** The rows of a lane run one after the other, the lanes side by side. */
const lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve());
function inLane<Value>(index: number, task: () => Promise<Value>): Promise<Value> {
  const lane = index % LANES;
  const result = (lanes[lane] as Promise<unknown>).then(task);
  lanes[lane] = result.catch(() => undefined);
  return result;
}

/** The rules of SPEC.md that a row is about. */
const rulesOf = ({ name, store }: Row): string => {
  if (store !== 'standalone') return '[SYNC-4][ACK-4]';
  if (/^commit/.test(name)) return '[ACK-2][ACK-3]';
  if (/^(rolling|drain)/.test(name)) return '[CONN-12][PRES-1]';
  if (/^redis-empty/.test(name)) return '[SYNC-4]';
  if (/^(feed|command|slow-redis)/.test(name)) return '[ACK-4][SYNC-2]';
  if (name === 'slow-readers') return '[MSG-2]';
  if (name === 'storm') return '[CONN-3][PRES-2]';
  if (/^(slowloris|floods|malformed|giants)$/.test(name)) return '[CONN-11]';
  if (name === 'tokens') return '[CONN-5][CONN-13]';
  if (/^soak/.test(name)) return '[ROOM-9]';
  return '[PRES-3][PRES-2]';
};

describe.concurrent('faults', () => {
  test.each(played.map((row, index) => ({ row, index, title: `${rulesOf(row)} ${row.fault}` })))(
    '$title',
    async ({ row, index }) => {
      const { holds, figures, failures } = await inLane(index, () =>
        runRow(row, { repetitions: 1, seed: 1 + index, size: 'small' }),
      );
      expect(failures).toEqual([]);
      expect(Object.fromEntries(Object.entries(holds).filter(([, found]) => found.length > 0))).toEqual({});
      const missed = Object.values(figures).filter(
        // A share of the few calls in a small scene means nothing, so only the rules count there.
        ({ budget, unit, ...figure }) => budget && unit !== '%' && figure[budget.at] > PATIENCE * budget.limit,
      );
      expect(missed).toEqual([]);
    },
    150_000,
  );
});
