// The type of a row of the fault table: a fault, rules that must hold, and figures.
import type { Cluster, ClusterOptions } from '../cluster.ts';
import type { FigureSpec } from '../figures.ts';
import type { StockFigures } from '../stock/play.ts';

export type StoreKind = 'standalone' | 'sentinel' | 'cluster';
export type Size = 'small' | 'full';

export interface PlayOptions {
  readonly seed: number;
  /** `small`: one short play among the tests. */
  readonly size: Size;
}

/** The outcome of one repetition. */
export interface Outcome {
  /** By rule: the findings against it. The rule held when there are none. */
  readonly holds: Readonly<Record<string, readonly string[]>>;
  /** By figure: values, Infinity for an event that never came. */
  readonly figures: Readonly<Record<string, readonly number[]>>;
  readonly notes?: readonly string[];
}

export interface Row {
  readonly name: string;
  /** The fault, as the table names it. */
  readonly fault: string;
  readonly store: StoreKind;
  readonly figures: Readonly<Record<string, FigureSpec>>;
  /** Settings that the nodes need for this row; rows without settings can share a cluster. */
  readonly options?: ClusterOptions;
  /** The same fault against stock Socket.IO, where the two can be compared. */
  readonly stock?: () => Promise<StockFigures>;
  play(cluster: Cluster, options: PlayOptions): Promise<Outcome>;
}
