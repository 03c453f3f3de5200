// The command line of the bench: which scenarios, how large, how often, and where the results go.
import { parseArgs } from 'node:util';
import type { Scenario, Size } from './scenarios/scenario.ts';
import { type SubjectName, subjectNames } from './subjects/subjects.ts';

export const USAGE = `npm run bench -- [scenario …] [options]

  --members N    members of the room        --runs N        interleaved repetitions (3)
  --rate N       events a second            --seconds N     how long is measured
  --subjects A,B only these                 --json FILE     results
  --html FILE    a page with charts         --readme        write the last figures into bench/README.md
  --from FILE    measure nothing: take the results of that JSON file
`;

export interface Options {
  readonly scenarios: readonly Scenario[];
  /** Overrides of each scenario's own size. */
  readonly size: Partial<Size>;
  readonly runs: number;
  readonly subjects: readonly SubjectName[];
  readonly json: string | null;
  readonly html: string | null;
  readonly readme: boolean;
  readonly from: string | null;
}

export class UsageError extends Error {}

/** Throws UsageError with the reason. `known` are all scenarios, in their order. */
export function readOptions(args: readonly string[], known: readonly Scenario[]): Options {
  const { values, positionals } = parsed(args);
  const unknown = positionals.filter((name) => known.every((scenario) => scenario.name !== name));
  if (unknown.length > 0) {
    throw new UsageError(`no scenario ${unknown.join(', ')}; there are ${known.map(({ name }) => name).join(', ')}`);
  }
  const subjects = values.subjects?.split(',') ?? [...subjectNames];
  const strangers = subjects.filter((name) => !(subjectNames as readonly string[]).includes(name));
  if (strangers.length > 0) {
    throw new UsageError(`no subject ${strangers.join(', ')}; there are ${subjectNames.join(', ')}`);
  }
  const size: { members?: number; rate?: number; seconds?: number } = {};
  if (values.members !== undefined) size.members = numberOf('members', values.members, { isInteger: true });
  if (values.rate !== undefined) size.rate = numberOf('rate', values.rate);
  if (values.seconds !== undefined) size.seconds = numberOf('seconds', values.seconds);
  return {
    scenarios: positionals.length === 0 ? known : known.filter(({ name }) => positionals.includes(name)),
    size,
    runs: values.runs === undefined ? 3 : numberOf('runs', values.runs, { isInteger: true }),
    subjects: subjects as SubjectName[],
    json: values.json ?? null,
    html: values.html ?? null,
    readme: values.readme ?? false,
    from: values.from ?? null,
  };
}

const text = { type: 'string' } as const;

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        members: text,
        rate: text,
        seconds: text,
        runs: text,
        subjects: text,
        json: text,
        html: text,
        from: text,
        readme: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function numberOf(name: string, given: string, { isInteger = false } = {}): number {
  const value = Number(given);
  if (given.trim() !== '' && value > 0 && Number.isFinite(value) && (!isInteger || Number.isInteger(value)))
    return value;
  throw new UsageError(`--${name} must be a ${isInteger ? 'whole ' : ''}number above 0, not ${given}`);
}
