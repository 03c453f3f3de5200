// The targets, and whether they were reached. The figures are those of the task that asked for the bench.
import type { SubjectName } from '../subjects/subjects.ts';
import type { MeasureName } from './measures.ts';
import type { Medians, Ratio } from './results.ts';

export interface Target {
  readonly scenario: string;
  readonly subject: SubjectName;
  readonly measure: MeasureName;
  /** Compared with this subject; null for the figure itself. */
  readonly over: SubjectName | null;
  readonly kind: 'at most' | 'at least' | 'exactly';
  readonly limit: number;
  /** A target beyond the required one. */
  readonly moonshot?: number;
}

export interface Verdict extends Target {
  readonly value: number;
  readonly isReached: boolean;
}

const atMost = (scenario: string, measure: MeasureName, limit: number, more: Partial<Target> = {}): Target => ({
  scenario,
  subject: 'maiwei',
  measure,
  over: null,
  kind: 'at most',
  limit,
  ...more,
});

export const targets: readonly Target[] = [
  atMost('fanout', 'cpuUsPerDelivery', 1 / 5, { over: 'stock', moonshot: 1 / 8 }),
  atMost('fanout', 'bytesPerDelivery', 1 / 3, { subject: 'maiwei-deflate', over: 'stock', moonshot: 1 / 5 }),
  atMost('fanout', 'lastMs.p99', 150),
  atMost('fanout', 'reach', 1, { kind: 'exactly' }),
  atMost('burst', 'cpuUsPerDelivery', 1 / 12, { over: 'stock' }),
  atMost('burst', 'reach', 1, { kind: 'exactly' }),
  atMost('isolated', 'cpuUsPerDelivery', 0.65, { over: 'stock' }),
  atMost('isolated', 'cpuUsPerDelivery', 1.3, { over: 'floor' }),
  atMost('isolated', 'reach', 1, { kind: 'exactly' }),
  atMost('large', 'lastMs.p99', 1_150),
  atMost('large', 'reach', 1, { kind: 'exactly' }),
  atMost('crowd', 'reach', 1, { kind: 'exactly' }),
  atMost('crowd', 'cpuGrowth', 1.3),
  atMost('crowd', 'joinGrowth', 1.3),
  atMost('crowd', 'heldGrowth', 1.3),
  atMost('cluster', 'redisMessagesPerEvent', 2),
  atMost('cluster', 'idleNodeMessages', 0),
  atMost('cluster', 'reach', 1, { kind: 'exactly' }),
  atMost('join', 'cpuUsPerJoin', 1.6, { over: 'stock' }),
  atMost('idle', 'rssKiBPerMember', 1, { over: 'stock' }),
  atMost('idle', 'rssKiBPerMember', 1, { subject: 'maiwei-deflate', over: 'stock-deflate' }),
  atMost('commands', 'hotPerSecond', 0.6, { over: 'stock', kind: 'at least' }),
  atMost('commands', 'spreadPerSecond', 0.4, { over: 'stock', kind: 'at least' }),
  atMost('commands', 'hotHalfP99Ms', 20),
  atMost('commands', 'spreadHalfP99Ms', 20),
  atMost('stalled', 'heldKiBPerStalled', 1_024),
  atMost('stalled', 'reach', 1, { kind: 'exactly' }),
];

/** A verdict for each target whose measure is there. Ratios are judged by the median of the runs' ratios. */
export const judge = (medians: readonly Medians[], ratios: readonly Ratio[]): Verdict[] =>
  targets.flatMap((target) => {
    const value = figureOf(target, medians, ratios);
    return value === undefined ? [] : [{ ...target, value, isReached: isWithin(target, value) }];
  });

function figureOf(target: Target, medians: readonly Medians[], ratios: readonly Ratio[]): number | undefined {
  const { scenario, subject, measure, over } = target;
  if (over === null) {
    return medians.find((one) => one.scenario === scenario && one.subject === subject)?.medians[measure];
  }
  const isIt = (one: Ratio) =>
    one.scenario === scenario && one.subject === subject && one.measure === measure && one.over === over;
  return ratios.find(isIt)?.medianOfRatios;
}

function isWithin({ kind, limit }: Target, value: number): boolean {
  if (kind === 'at most') return value <= limit;
  return kind === 'at least' ? value >= limit : value === limit;
}
