// What the people of a scene notice while somebody is hostile: how long their acks take. Must not know who does what to whom.
import { type FigureSpec, quantileOf } from '../figures.ts';
import { answerTimesOf, type Period } from '../play.ts';
import type { Outcome, PlayOptions, Size } from '../rows/row.ts';
import type { Scene } from '../scene.ts';

/** For rows whose people are to notice nothing. */
export const othersFigures: Readonly<Record<string, FigureSpec>> = {
  others: { title: 'acks of others', unit: 'ms', budget: { at: 'p99', limit: 250 } },
  /** In small scenes: few acks, on a machine that has other things to do. */
  othersMiddle: { title: 'acks of others', unit: 'ms', budget: { at: 'p50', limit: 250 } },
  before: { title: 'acks of others before', unit: 'ms' },
};

/** The same where two noisy cores allow to say so: the middle of the repetitions. */
export const changeFigure: FigureSpec = {
  title: 'p99 of the others’ acks grown',
  unit: '%',
  budget: { at: 'p50', limit: 10 },
};

interface Asked extends Period, Pick<PlayOptions, 'size'> {
  /** Since when it was as it ought to be; default: since the scene began. */
  readonly since?: number;
}

/** Asked when all is quiet: `from`, `until`: while somebody was hostile. */
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

/** Few acks say nothing of a hundredth of them. */
export function changeOf({ others = [], before = [] }: Outcome['figures'], size: Size): Outcome['figures'] {
  if (size === 'small' || before.length === 0) return {};
  return { change: [Math.max(0, (p99(others) / p99(before) - 1) * 100)] };
}

const p99 = (values: readonly number[]): number => quantileOf(values, 0.99) ?? Number.NaN;
