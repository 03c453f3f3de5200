// What is asked for and in which order it is done: the command line, the interleaving, the schedules of events.
import { describe, expect, test } from 'vitest';
import { bursts, play, steady } from '../../bench/load/schedule.ts';
import { readOptions, UsageError } from '../../bench/options.ts';
import { mostFiles, stepsOf } from '../../bench/run.ts';
import { scenarios } from '../../bench/scenarios/all.ts';

describe('the command line', () => {
  test('without a word means every scenario at its own size, three times', () => {
    const options = readOptions([], scenarios);
    expect(options).toMatchObject({ scenarios, size: {}, runs: 3, json: null, html: null, readme: false, from: null });
  });

  test('chooses scenarios and sizes', () => {
    const options = readOptions(
      ['burst', 'fanout', '--members', '50', '--rate', '2.5', '--runs', '1', '--json', 'a.json'],
      scenarios,
    );
    expect(options.scenarios.map(({ name }) => name)).toEqual(['fanout', 'burst']);
    expect(options).toMatchObject({ size: { members: 50, rate: 2.5 }, runs: 1, json: 'a.json' });
  });

  test.each([
    [['nonsense'], 'no scenario nonsense'],
    [['--subjects', 'stock,uws'], 'no subject uws'],
    [['--members', '1.5'], '--members must be a whole number above 0'],
    [['--rate', '0'], '--rate must be a number above 0'],
    [['--seconds', ''], '--seconds must be'],
    [['--quickly'], '--quickly'],
  ])('%j is refused', (args, problem) => {
    expect(() => readOptions(args, scenarios)).toThrow(UsageError);
    expect(() => readOptions(args, scenarios)).toThrow(problem);
  });
});

test('subjects take turns within a run, so that all of them see the machine in the same state', () => {
  const steps = stepsOf({ scenarios, size: { members: 7 }, runs: 2, subjects: ['maiwei', 'stock'] });
  expect(steps.slice(0, 4).map(({ scenario, subject, run }) => `${scenario.name} ${run} ${subject}`)).toEqual([
    'fanout 1 maiwei',
    'fanout 1 stock',
    'fanout 2 maiwei',
    'fanout 2 stock',
  ]);
  expect(steps[0]?.size).toEqual({ members: 7, rate: 100, seconds: 3 });
});

test('open files are counted for the scenario that needs most of them; simulated members need none', () => {
  const plan = { scenarios, size: {}, runs: 1, subjects: ['maiwei'] as const };
  expect(mostFiles(stepsOf(plan))).toEqual({ name: 'large', files: 10_200 });
  const simulated = scenarios.filter(({ name }) => name === 'crowd');
  expect(mostFiles(stepsOf({ ...plan, scenarios: simulated }))).toEqual({ name: 'crowd', files: 200 });
});

describe('schedules', () => {
  test('are even, or twenty at once', () => {
    const even = steady(100, 3);
    expect([even.count, even.dueMs(0), even.dueMs(1), even.dueMs(299)]).toEqual([300, 0, 10, 2_990]);
    const bursty = bursts(20, { everyMs: 500, seconds: 2 });
    expect([bursty.count, bursty.dueMs(19), bursty.dueMs(20), bursty.dueMs(79)]).toEqual([80, 0, 500, 1_500]);
  });

  test('go on when nobody answers, and count latency from when an event was due', async () => {
    const sent: { index: number; sentAtMs: number }[] = [];
    const spinUntil = (ms: number) => {
      while (performance.now() < ms);
    };
    await play(steady(1_000, 0.02), (index, sentAtMs) => {
      sent.push({ index, sentAtMs });
      // The first one holds the process up: the others are late, and say so.
      if (index === 0) spinUntil(performance.now() + 15);
    });
    expect(sent.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    const [first = Number.NaN, second = Number.NaN] = sent.map(({ sentAtMs }) => sentAtMs);
    expect(second - first).toBeLessThan(3);
  });
});
