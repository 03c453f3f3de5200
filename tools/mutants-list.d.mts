// Types of mutants-list.mjs for the test that reads it.
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Arguments of vitest. */
  readonly tests: string;
}
export const mutants: readonly Mutant[];
