// What the model test has found: the seed and path that fast-check printed, and the shrunk story, kept as named tests.
import type { Story } from './story.ts';

export interface FoundFault {
  /** The rule and what was wrong, in words. */
  readonly fault: string;
  /** The run that found it; seed and path lead there only while the generators are what they were. */
  readonly seed: number;
  readonly path: string;
  /** The counterexample, which stays true whatever becomes of the generators. */
  readonly story: Story;
}

export const foundFaults: readonly FoundFault[] = [];
