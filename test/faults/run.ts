// Plays rows, each on a cluster of its own, and collects the outcomes of its repetitions.
import { Cluster } from './cluster.ts';
import { type Figure, type FigureSpec, figureOf } from './figures.ts';
import type { Options } from './options.ts';
import type { Outcome, Row } from './rows/row.ts';

export interface RowResult {
  readonly name: string;
  readonly fault: string;
  readonly repetitions: number;
  /** By rule: the findings against it in all repetitions. */
  readonly holds: Readonly<Record<string, readonly string[]>>;
  readonly figures: Readonly<Record<string, Figure>>;
  readonly notes: readonly string[];
  /** The same figures of the stock server, where the row compares them. */
  readonly stock: Readonly<Record<string, Figure>>;
  /** Why a repetition could not run to its end. */
  readonly failures: readonly string[];
}

/** Taken of every row, unless the row has a figure of that name. */
const commonFigures: Readonly<Record<string, FigureSpec>> = {
  back: { title: 'client back', unit: 'ms' },
  quiet: { title: 'all clients equal', unit: 'ms' },
  ackedLost: { title: 'acked commands lost', unit: '' },
  beliefOverlap: { title: 'belief overlap', unit: 'ms' },
};

export async function runRow(
  row: Row,
  { repetitions, seed, size }: Omit<Options, 'rows' | 'out' | 'json'>,
): Promise<RowResult> {
  const outcomes: Outcome[] = [];
  const failures: string[] = [];
  for (let index = 0; index < repetitions; index++) {
    const cluster = await Cluster.start(row.store, row.options);
    try {
      outcomes.push(await row.play(cluster, { seed: seed + index, size }));
    } catch (error) {
      failures.push(`seed ${seed + index}: ${(error as Error).message}`);
    } finally {
      await cluster.stop();
    }
  }
  const stock = size === 'full' && row.stock ? await row.stock() : {};
  const { name, fault } = row;
  return { name, fault, repetitions, ...gathered(row, outcomes), stock: figuresOf(row, [stock]), failures };
}

function gathered(row: Row, outcomes: readonly Outcome[]): Pick<RowResult, 'holds' | 'figures' | 'notes'> {
  const rules = new Set(outcomes.flatMap(({ holds }) => Object.keys(holds)));
  return {
    holds: Object.fromEntries([...rules].map((rule) => [rule, outcomes.flatMap(({ holds }) => holds[rule] ?? [])])),
    figures: figuresOf(
      row,
      outcomes.map(({ figures }) => figures),
    ),
    notes: outcomes.flatMap(({ notes = [] }) => notes),
  };
}

function figuresOf(row: Row, given: readonly Outcome['figures'][]): Record<string, Figure> {
  const figures = Object.entries({ ...commonFigures, ...row.figures }).flatMap(([name, spec]) => {
    const figure = figureOf(
      spec,
      given.flatMap((one) => one[name] ?? []),
    );
    return figure ? [[name, figure] as const] : [];
  });
  return Object.fromEntries(figures);
}

export const allRulesHold = ({ holds, failures }: RowResult): boolean =>
  failures.length === 0 && Object.values(holds).every((found) => found.length === 0);
