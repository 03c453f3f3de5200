// What a row of the fault table is: a fault, what must hold, which figures are taken. Must not know any of them.
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

/** What one repetition gave. */
export interface Outcome {
  /** By rule: what was found against it; the rule held when there is nothing. */
  readonly holds: Readonly<Record<string, readonly string[]>>;
  /** By figure: values, Infinity for what never came. */
  readonly figures: Readonly<Record<string, readonly number[]>>;
  readonly notes?: readonly string[];
}

export interface Row {
  readonly name: string;
  /** The fault, as the table names it. */
  readonly fault: string;
  readonly store: StoreKind;
  readonly figures: Readonly<Record<string, FigureSpec>>;
  /** Settings that the nodes need for this row; rows without can share a cluster. */
  readonly options?: ClusterOptions;
  /** What stock Socket.IO makes of the same fault, where that can be compared. */
  readonly stock?: () => Promise<StockFigures>;
  play(cluster: Cluster, options: PlayOptions): Promise<Outcome>;
}
