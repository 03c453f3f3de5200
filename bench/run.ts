// Plays the plan. Within a run every subject has its turn, then the next run begins. So a change of the machine's state
// affects all of them.
import { type Result, toResult } from './report/results.ts';
import type { Scenario, Size } from './scenarios/scenario.ts';
import type { SubjectName } from './subjects/subjects.ts';

export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly size: Partial<Size>;
  readonly runs: number;
  readonly subjects: readonly SubjectName[];
}

export interface Step {
  readonly scenario: Scenario;
  readonly subject: SubjectName;
  readonly run: number;
  readonly size: Size;
}

/** All steps in their order. */
export const stepsOf = ({ scenarios, size, runs, subjects }: Plan): Step[] =>
  scenarios.flatMap((scenario) =>
    Array.from({ length: runs }, (_, index) => index + 1).flatMap((run) =>
      scenario.subjects
        .filter((subject) => subjects.includes(subject))
        .map((subject) => ({ scenario, subject, run, size: { ...scenario.size, ...size } })),
    ),
  );

/** Besides the sockets of members: files, Redis, senders. */
const OTHER_FILES = 200;

/** The scenario that needs the most open files in one process, and how many. */
export function mostFiles(steps: readonly Step[]): { readonly name: string; readonly files: number } {
  const needs = steps.map(({ scenario, size }) => ({
    name: scenario.name,
    files: (scenario.socketsOf?.(size) ?? size.members) + OTHER_FILES,
  }));
  return needs.reduce((most, one) => (one.files > most.files ? one : most), { name: '', files: 0 });
}

/** `onStep` is called before each step. Rejects with the step's name when one fails. */
export async function runAll(steps: readonly Step[], onStep: (step: Step, index: number) => void): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, step] of steps.entries()) {
    onStep(step, index);
    const { scenario, subject, run, size } = step;
    const measured = await scenario.measure({ subject, size }).catch((error: unknown) => {
      throw new Error(`${scenario.name}, ${subject}, run ${run}: ${String(error)}`, { cause: error });
    });
    results.push(toResult({ scenario: scenario.name, subject, run, size }, measured));
  }
  return results;
}
