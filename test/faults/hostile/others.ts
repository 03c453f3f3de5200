// What the other users of a scene notice during an attack: how long their acks take.
import { type FigureSpec, quantileOf } from '../figures.ts';
import { answerTimesOf, type Period } from '../play.ts';
import type { Outcome, PlayOptions, Size } from '../rows/row.ts';
import type { Scene } from '../scene.ts';

/** For rows whose other users must notice nothing. */
export const othersFigures: Readonly<Record<string, FigureSpec>> = {
  others: { title: 'acks of others', unit: 'ms', budget: { at: 'p99', limit: 250 } },
  /** In small scenes: few acks, on a machine with other work. */
  othersMiddle: { title: 'acks of others', unit: 'ms', budget: { at: 'p50', limit: 250 } },
  before: { title: 'acks of others before', unit: 'ms' },
};

/** The growth of the p99, where two noisy cores allow a comparison: the median of the repetitions. */
export const changeFigure: FigureSpec = {
  title: 'growth of the p99 of others’ acks',
  unit: '%',
  budget: { at: 'p50', limit: 10 },
};

interface Asked extends Period, Pick<PlayOptions, 'size'> {
  /** The beginning of the undisturbed time; by default the beginning of the scene. */
  readonly since?: number;
}

/** To be called when all is quiet. `from`, `until`: the time of the attack. */
export function othersIn(
  scene: Scene,
  { from, until, size, since = Number.NEGATIVE_INFINITY }: Asked,
): Outcome['figures'] {
  const others = answerTimesOf(scene.clients, { from, until });
  return {
    ...(size === 'small' ? { othersMiddle: others } : { others }),
    before: answerTimesOf(scene.clients, { from: since, until: from }),
  };
}

/** Few acks say nothing about their p99. */
export function changeOf({ others = [], before = [] }: Outcome['figures'], size: Size): Outcome['figures'] {
  if (size === 'small' || before.length === 0) return {};
  return { change: [Math.max(0, (p99(others) / p99(before) - 1) * 100)] };
}

const p99 = (values: readonly number[]): number => quantileOf(values, 0.99) ?? Number.NaN;
