// Figures of several repetitions, and the budgets that they are compared with.

export type Unit = 'ms' | 's' | '' | '%' | 'MiB' | 'MB' | 'MB/h';
export type Quantile = 'p50' | 'p95' | 'p99' | 'max';

export interface FigureSpec {
  readonly title: string;
  readonly unit: Unit;
  /** The quantile that must not be above the limit. Without a budget a figure is reported, not judged. */
  readonly budget?: { readonly at: Quantile; readonly limit: number };
}

export interface Figure extends FigureSpec {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly isMet: boolean;
}

/** An event that did not happen in time is Infinity, and meets no budget. */
export function figureOf(spec: FigureSpec, values: readonly number[]): Figure | null {
  if (values.length === 0) return null;
  const at = (share: number) => quantileOf(values, share) as number;
  const figures = { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  const isMet = spec.budget === undefined || figures[spec.budget.at] <= spec.budget.limit;
  return { ...spec, count: values.length, ...figures, isMet };
}

/** The smallest value that at least this share of the values (0–1) does not exceed. */
export function quantileOf(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

export const shownValue = (value: number): string => {
  if (!Number.isFinite(value)) return 'never';
  return Math.abs(value) >= 100 || Number.isInteger(value)
    ? String(Math.round(value))
    : String(Number(value.toPrecision(2)));
};
