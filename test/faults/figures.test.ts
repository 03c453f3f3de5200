// Figures, budgets, the page and the command line: they show their input, and show a missed budget as missed.
import { describe, expect, test } from 'vitest';
import { type FigureSpec, figureOf, shownValue } from './figures.ts';
import { readOptions } from './options.ts';
import { renderReport } from './report.ts';
import { rows } from './rows/all.ts';
import { allRulesHold, type RowResult } from './run.ts';

const spec: FigureSpec = { title: 'gap', unit: 'ms', budget: { at: 'p95', limit: 95 } };
const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

describe('figures', () => {
  test('are the smallest values that the given share does not exceed', () => {
    expect(figureOf(spec, hundred)).toMatchObject({ p50: 50, p95: 95, p99: 99, max: 100, count: 100, isMet: true });
    expect(figureOf(spec, [...hundred, 200])).toMatchObject({ p95: 96, isMet: false });
    expect(figureOf(spec, [])).toBeNull();
  });

  test('an infinite value meets no budget', () => {
    expect(figureOf({ ...spec, budget: { at: 'max', limit: 1e9 } }, [1, Number.POSITIVE_INFINITY])?.isMet).toBe(false);
    expect(shownValue(Number.POSITIVE_INFINITY)).toBe('never');
  });
});

describe('the page', () => {
  const machine = {
    cpu: 'CPU',
    cores: 2,
    memoryGiB: 8,
    kernel: '6',
    node: '24',
    redis: '7',
    socketIo: '4',
    commit: 'abc',
    at: '2026-01-01T00:00:00Z',
  };
  const row = (facts: Partial<RowResult>): RowResult => ({
    name: 'row',
    fault: 'a fault',
    repetitions: 1,
    holds: { 'nothing lost': [] },
    figures: {},
    stock: {},
    notes: [],
    failures: [],
    ...facts,
  });
  const page = (facts: Partial<RowResult>) =>
    renderReport({ machine, seed: 1, repetitions: 1, size: 'full', rows: [row(facts)] });

  test('shows a missed budget as missed, beside what the stock server reaches', () => {
    const [met, missed] = [figureOf(spec, [1]), figureOf(spec, [400])];
    if (!met || !missed) throw new Error('no figures');
    expect(page({ figures: { gap: met } })).toContain('gap (p95 ≤ 95 ms) | 1 | 1 | 1 | ✔ | ');
    expect(page({ figures: { gap: missed }, stock: { gap: met } })).toContain('| 400 | 400 | 400 | ✘ missed | 1 |');
  });

  test('shows the value that was judged, which is not among the columns when it is the 99th percentile', () => {
    const figure = figureOf({ ...spec, budget: { at: 'p99', limit: 98 } }, hundred);
    if (!figure) throw new Error('no figure');
    expect(page({ figures: { gap: figure } })).toContain('gap (p99 ≤ 98 ms) | 50 | 95 | 100 | ✘ missed: p99 99 | ');
  });

  test('shows broken rules, and rows that did not run to their end', () => {
    expect(page({})).toContain('✔ all 1');
    const broken = page({ holds: { 'nothing lost': ['seat `3`'] } });
    expect(broken).toContain('✘ 0 of 1');
    expect(broken).toContain("nothing lost: 1 found, such as `seat '3'`");
    expect(page({ failures: ['it hung'] })).toContain('- not played: it hung');
    expect(allRulesHold(row({ failures: ['it hung'] }))).toBe(false);
  });
});

describe('the command line', () => {
  test('without arguments means all rows, and the table in docs', () => {
    expect(readOptions([], rows)).toMatchObject({ repetitions: 3, size: 'full', out: 'docs/fault-table.md' });
    expect(readOptions([], rows).rows).toBe(rows);
  });

  test('a part of the rows does not overwrite the whole table', () => {
    expect(readOptions(['rolling'], rows)).toMatchObject({ out: null, json: null });
    expect(readOptions(['--quick'], rows)).toMatchObject({ out: null, size: 'small', repetitions: 1 });
    expect(readOptions(['rolling', '--out', 'x.md'], rows).out).toBe('x.md');
  });

  test.each([[['no-row']], [['--repetitions', '0']], [['--seed', 'x']], [['--unknown']]])('refuses %j', (args) => {
    expect(() => readOptions(args, rows)).toThrow();
  });

  test('every row has a name of its own', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });
});
