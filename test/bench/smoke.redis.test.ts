// Every scenario of the bench once, tiny, so that the bench cannot rot: figures are there, and nothing was lost. Says
// nothing about speed.
import { beforeAll, describe, expect, test } from 'vitest';
import { renderPage } from '../../bench/report/html.ts';
import { describeMachine } from '../../bench/report/machine.ts';
import { type Report, type Result, summarize } from '../../bench/report/results.ts';
import { renderReport } from '../../bench/report/table.ts';
import { targets } from '../../bench/report/targets.ts';
import { runAll, stepsOf } from '../../bench/run.ts';
import { scenarios } from '../../bench/scenarios/all.ts';
import { subjectNames } from '../../bench/subjects/subjects.ts';

const size = { members: 20, rate: 20, seconds: 0.5 };
/** All subjects once, and the baseline wherever it does something else than chat. */
const steps = stepsOf({ scenarios, size, runs: 1, subjects: subjectNames }).filter(({ scenario, subject }) => {
  if (scenario.name === 'fanout' || subject === 'maiwei') return true;
  return subject === 'stock' && ['cluster', 'join', 'idle', 'commands'].includes(scenario.name);
});

let results: Result[];
let report: Report;

beforeAll(async () => {
  results = await runAll(steps, () => undefined);
  report = summarize(results, describeMachine());
}, 180_000);

const of = (scenario: string) => results.filter((one) => one.scenario === scenario);

describe('a small run of every scenario', () => {
  test('gives a result for each subject', () => {
    expect(results.map(({ scenario, subject }) => `${scenario} ${subject}`)).toEqual(
      steps.map(({ scenario, subject }) => `${scenario.name} ${subject}`),
    );
  });

  test.each(['fanout', 'isolated', 'burst', 'large', 'cluster', 'stalled'])(
    'loses and doubles nothing: %s',
    (scenario) => {
      expect(of(scenario).length).toBeGreaterThan(0);
      for (const { subject, reach, doubled, refused, ended } of of(scenario)) {
        expect({ subject, reach, doubled, refused, ended }).toEqual({
          subject,
          reach: 1,
          doubled: 0,
          refused: 0,
          ended: 0,
        });
      }
    },
  );

  test.each(['fanout', 'isolated', 'burst', 'large', 'cluster', 'stalled'])(
    'says what it costs and how long it takes: %s',
    (scenario) => {
      for (const one of of(scenario)) {
        expect(one.cpuUsPerDelivery).toBeGreaterThan(0);
        expect(one.bytesPerDelivery).toBeGreaterThan(20);
        expect(one.latencyMs?.p99).toBeGreaterThanOrEqual(one.latencyMs?.p50 ?? Number.NaN);
        expect(one.latencyMs?.max).toBeGreaterThan(0);
      }
    },
  );

  test('fills a simulated room, empties it and closes it, and loses and doubles nothing', () => {
    const [one] = of('crowd');
    expect(one).toMatchObject({ reach: 1, doubled: 0 });
    for (const figure of ['cpuUsPerDelivery', 'cpuGrowth', 'cpuUsPerJoin', 'cpuUsPerLeave', 'joinGrowth'] as const) {
      expect(one?.[figure]).toBeGreaterThan(0);
    }
    for (const stall of ['joinStallMs', 'talkStallMs', 'exchangeStallMs', 'closeStallMs'] as const) {
      expect(one?.[stall]).toBeGreaterThanOrEqual(0);
    }
  });

  test('carries out every command and every request', () => {
    for (const { refused, hotPerSecond, spreadPerSecond } of of('commands')) {
      expect(refused).toBe(0);
      expect(hotPerSecond).toBeGreaterThan(0);
      expect(spreadPerSecond).toBeGreaterThan(0);
    }
    expect(of('http')).toMatchObject([{ failedRequests: 0, roomsPerSecond: expect.any(Number) }]);
  });

  test('finds the messages of a cluster where they are', () => {
    const [ours, stock] = of('cluster');
    // Stock's classic channel is read by all four nodes, with or without members.
    expect(stock?.redisMessagesPerEvent).toBe(4);
    expect(stock?.idleNodeMessages).toBeGreaterThan(0);
    expect(ours?.redisMessagesPerEvent).toBeGreaterThan(0);
    expect(ours?.redisMessagesPerEvent).toBeLessThanOrEqual(2);
    expect(ours?.idleNodeMessages).toBe(0);
  });

  test('can be compared: every ratio is a number, and every target has its figure where its subjects ran', () => {
    expect(report.ratios.length).toBeGreaterThan(20);
    for (const { ofMedians, medianOfRatios } of report.ratios) {
      expect(Number.isFinite(ofMedians)).toBe(true);
      expect(Number.isFinite(medianOfRatios)).toBe(true);
    }
    const ran = (scenario: string, subject: string) =>
      results.some((one) => one.scenario === scenario && one.subject === subject);
    // The memory of twenty members is less than what resident memory wobbles by, and may come out below 0.
    const isSteady = ({ scenario, measure }: { readonly scenario: string; readonly measure: string }) =>
      scenario !== 'idle' && measure !== 'heldGrowth';
    const due = targets.filter(
      ({ scenario, subject, over }) => ran(scenario, subject) && (over === null || ran(scenario, over)),
    );
    expect(report.verdicts.filter(isSteady).map(({ scenario, measure }) => `${scenario} ${measure}`)).toEqual(
      due.filter(isSteady).map(({ scenario, measure }) => `${scenario} ${measure}`),
    );
  });

  test('can be shown', () => {
    const titles = Object.fromEntries(scenarios.map(({ name, title }) => [name, title]));
    const page = renderPage(report, titles);
    for (const { name, title } of scenarios) {
      expect(renderReport(report)).toContain(`${name} (median of 1)`);
      expect(page).toContain(`${name}: ${title}`);
    }
    expect(page).not.toMatch(/NaN|undefined|Infinity|https?:\/\//);
  });
});
