// The results as they are stored: one object per scenario, subject and run; medians and ratios from them.
import type { Measured, Size, Times } from '../scenarios/scenario.ts';
import type { SubjectName } from '../subjects/subjects.ts';
import type { Machine } from './machine.ts';
import { type MeasureName, measureNames, measures } from './measures.ts';
import { median } from './median.ts';
import { judge, type Verdict } from './targets.ts';

/** One run on one subject. It contains the values of MeasureName that were measured. */
export interface Result extends Readonly<Partial<Record<MeasureName, number>>> {
  readonly scenario: string;
  readonly subject: SubjectName;
  /** Counted from 1. */
  readonly run: number;
  readonly size: Size;
  readonly latencyMs?: Times;
  readonly lastMs?: Times;
  readonly warnings: readonly string[];
  readonly note?: string;
}

export interface Ratio {
  readonly scenario: string;
  readonly measure: MeasureName;
  readonly subject: SubjectName;
  readonly over: SubjectName;
  readonly ofMedians: number;
  /** The median of the ratios of each run's pair. */
  readonly medianOfRatios: number;
}

export interface Medians {
  readonly scenario: string;
  readonly subject: SubjectName;
  readonly runs: number;
  readonly medians: Readonly<Partial<Record<MeasureName, number>>>;
}

export interface Report {
  readonly machine: Machine;
  readonly results: readonly Result[];
  readonly medians: readonly Medians[];
  readonly ratios: readonly Ratio[];
  readonly verdicts: readonly Verdict[];
}

export const toResult = (
  place: Pick<Result, 'scenario' | 'subject' | 'run' | 'size'>,
  { numbers, latencyMs, lastMs, warnings, note }: Measured,
): Result => ({
  ...place,
  ...(numbers as Partial<Record<MeasureName, number>>),
  ...(latencyMs ? { latencyMs } : {}),
  ...(lastMs ? { lastMs } : {}),
  warnings,
  ...(note === undefined ? {} : { note }),
});

/** A measure of a result; undefined where it was not measured. */
export function valueIn(result: Result, name: MeasureName): number | undefined {
  const [first, second] = name.split('.') as [string, string | undefined];
  const value = (result as unknown as Record<string, unknown>)[first];
  const number = second === undefined ? value : (value as Record<string, unknown> | undefined)?.[second];
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

export function summarize(results: readonly Result[], machine: Machine): Report {
  const medians = pairsOf(results).map(({ scenario, subject }) => mediansOf(results, scenario, subject));
  const ratios = medians.flatMap((one) => ratiosOf(results, medians, one));
  return { machine, results, medians, ratios, verdicts: judge(medians, ratios) };
}

const pairsOf = (results: readonly Result[]): Pick<Result, 'scenario' | 'subject'>[] =>
  results.filter(
    ({ scenario, subject }, index) =>
      results.findIndex((one) => one.scenario === scenario && one.subject === subject) === index,
  );

function mediansOf(results: readonly Result[], scenario: string, subject: SubjectName): Medians {
  const own = results.filter((one) => one.scenario === scenario && one.subject === subject);
  const medians = measureNames.flatMap((name) => {
    const values = own.flatMap((one) => valueIn(one, name) ?? []);
    return values.length === 0 ? [] : [[name, median(values)]];
  });
  return { scenario, subject, runs: own.length, medians: Object.fromEntries(medians) };
}

/**
 * A few members' memory is lost in the noise. Then a difference of sizes may be below 0, and there is nothing to
 * compare.
 */
const isComparable = (mine: number, its: number): boolean => mine >= 0 && its > 0;

/** The ratio of our value to each of the others, where both have one that can be compared. */
function ratiosOf(results: readonly Result[], medians: readonly Medians[], ours: Medians): Ratio[] {
  const { scenario, subject } = ours;
  if (!subject.startsWith('maiwei')) return [];
  const others = medians.filter((one) => one.scenario === scenario && !one.subject.startsWith('maiwei'));
  const runsOf = (who: SubjectName) => results.filter((one) => one.scenario === scenario && one.subject === who);
  return others.flatMap((other) =>
    measureNames.flatMap((measure) => {
      const [mine, its] = [ours.medians[measure], other.medians[measure]];
      if (!measures[measure].isCompared || mine === undefined || its === undefined || !isComparable(mine, its))
        return [];
      const pairs = runsOf(subject).flatMap((one) => {
        const match = runsOf(other.subject).find(({ run }) => run === one.run);
        const [above, below] = [valueIn(one, measure), match && valueIn(match, measure)];
        return above === undefined || below === undefined || !isComparable(above, below) ? [] : [above / below];
      });
      const medianOfRatios = pairs.length === 0 ? mine / its : median(pairs);
      return [{ scenario, measure, subject, over: other.subject, ofMedians: mine / its, medianOfRatios }];
    }),
  );
}
