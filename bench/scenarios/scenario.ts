// The type of a scenario, and what it measures on one subject in one run.
import type { Latency } from '../load/histogram.ts';
import type { SubjectName } from '../subjects/subjects.ts';

/** The size of a scenario. Each has its own defaults, and flags of the command line override them. */
export interface Size {
  readonly members: number;
  /** Events, or requests, a second. */
  readonly rate: number;
  readonly seconds: number;
}

export type Times = Omit<Latency, 'count'>;

/**
 * The measurements: numbers by name, and latencies. The table of names, units and meanings is report/measures.ts; a
 * scenario leaves out what it does not measure.
 */
export interface Measured {
  readonly numbers: Readonly<Record<string, number>>;
  /** From sending to each member that is a full client. */
  readonly latencyMs?: Times;
  /** From sending to the last of all members. */
  readonly lastMs?: Times;
  readonly warnings: readonly string[];
  /** A remark for the reader about this subject's part. */
  readonly note?: string;
}

export interface Trial {
  readonly subject: SubjectName;
  readonly size: Size;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly subjects: readonly SubjectName[];
  readonly size: Size;
  /** How many connections one process needs for it; by default as many as members. */
  readonly socketsOf?: (size: Size) => number;
  /** One run on one subject. Everything that it starts has ended when it resolves or rejects. */
  measure(trial: Trial): Promise<Measured>;
}
