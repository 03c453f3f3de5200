// From results to pages: medians, ratios, verdicts, the table, the part of the README. All is arithmetic and text.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Machine } from '../../bench/report/machine.ts';
import { median } from '../../bench/report/median.ts';
import { withFigures } from '../../bench/report/readme.ts';
import { type Result, summarize } from '../../bench/report/results.ts';
import { grid, renderReport } from '../../bench/report/table.ts';
import { targets } from '../../bench/report/targets.ts';
import { scenarios } from '../../bench/scenarios/all.ts';
import type { SubjectName } from '../../bench/subjects/subjects.ts';

const machine: Machine = {
  cpu: 'Some CPU',
  cores: 2,
  memoryGiB: 24,
  kernel: '6.1',
  node: '20.0.0',
  redis: '7.0.15',
  socketIo: '4.8.4',
  commit: 'abcdef0',
  at: '2026-01-02T03:04:05.000Z',
};
const result = (subject: SubjectName, run: number, more: Partial<Result>): Result => ({
  scenario: 'fanout',
  subject,
  run,
  size: { members: 1_000, rate: 100, seconds: 3 },
  warnings: [],
  ...more,
});
/** Ours is at 1/2, 1/5 and 1/10 of stock; the medians, 2 and 8, are at 1/4. */
const results: Result[] = [
  result('maiwei', 1, { cpuUsPerDelivery: 4, reach: 1, lastMs: { p50: 10, p99: 20, max: 30 } }),
  result('stock', 1, { cpuUsPerDelivery: 8, reach: 1 }),
  result('maiwei', 2, { cpuUsPerDelivery: 2, reach: 1, lastMs: { p50: 10, p99: 200, max: 300 } }),
  result('stock', 2, { cpuUsPerDelivery: 10, reach: 1 }),
  result('maiwei', 3, {
    cpuUsPerDelivery: 0.8,
    reach: 0.999,
    lastMs: { p50: 10, p99: 21, max: 30 },
    warnings: ['too busy'],
  }),
  result('stock', 3, { cpuUsPerDelivery: 8, reach: 1, note: 'as it is' }),
];

describe('medians and ratios', () => {
  test('a median is the middle value, or the mean of the two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow();
  });

  test('a ratio is given of the medians and as the median of what each run gives', () => {
    const { ratios } = summarize(results, machine);
    const [cpu] = ratios;
    expect(cpu).toMatchObject({ subject: 'maiwei', over: 'stock', measure: 'cpuUsPerDelivery', ofMedians: 2 / 8 });
    expect(cpu?.medianOfRatios).toBeCloseTo(1 / 5, 10);
    // Reach is a duty and not a contest.
    expect(ratios).toHaveLength(1);
  });

  test('there is none where the baseline is 0 or was not measured', () => {
    const one = summarize(
      [result('maiwei', 1, { cpuUsPerDelivery: 4 }), result('stock', 1, { cpuUsPerDelivery: 0 })],
      machine,
    );
    expect(one.ratios).toEqual([]);
    expect(summarize([result('maiwei', 1, { cpuUsPerDelivery: 4 })], machine).verdicts).toEqual([]);
  });

  test('targets are judged by them', () => {
    const { verdicts } = summarize(results, machine);
    const found = verdicts.map(({ measure, value, isReached }) => ({ measure, value, isReached }));
    expect(found).toEqual([
      { measure: 'cpuUsPerDelivery', value: expect.closeTo(0.2, 10), isReached: true },
      { measure: 'lastMs.p99', value: 21, isReached: true },
      { measure: 'reach', value: 1, isReached: true },
    ]);
    const lossy = results.map((one) => (one.subject === 'maiwei' ? { ...one, reach: 0.9999 } : one));
    expect(summarize(lossy, machine).verdicts.find(({ measure }) => measure === 'reach')?.isReached).toBe(false);
  });

  test('every target is of a scenario that there is, and compares subjects that run in it', () => {
    for (const { scenario, subject, over } of targets) {
      const found = scenarios.find(({ name }) => name === scenario);
      expect(found?.subjects).toContain(subject);
      if (over !== null) expect(found?.subjects).toContain(over);
    }
  });
});

describe('what is shown', () => {
  test('columns are as wide as their widest cell', () => {
    expect(
      grid([
        ['', 'CPU'],
        ['maiwei', '1.50'],
        ['x', '10.25'],
      ]),
    ).toBe('          CPU\nmaiwei   1.50\nx       10.25');
  });

  test('the table has medians, ratios, remarks and verdicts', () => {
    const text = renderReport(summarize(results, machine));
    expect(text).toContain('fanout (median of 3)');
    expect(text).toMatch(/maiwei ÷ stock +0\.200/);
    expect(text).toContain('maiwei: too busy');
    expect(text).toContain('stock: as it is');
    expect(text).toMatch(/✔ fanout: CPU µs, maiwei ÷ stock +0\.2 +at most +0\.2 \(0\.125\)/);
  });

  test('the README takes the figures where it has a place for them, again and again', () => {
    const readme = readFileSync(new URL('../../bench/README.md', import.meta.url), 'utf8');
    const once = withFigures(readme, summarize(results, machine));
    expect(once).toContain('Taken 2026-01-02 at commit `abcdef0` on Some CPU');
    expect(once).toContain('| fanout: CPU µs, maiwei ÷ stock | 0.2 | at most 0.2 (0.125) | ✔ |');
    expect(withFigures(once, summarize(results, machine))).toBe(once);
    expect(() => withFigures('no place', summarize(results, machine))).toThrow('no place');
  });
});
