// The command line of the fault harness.
import { parseArgs } from 'node:util';
import type { Row, Size } from './rows/row.ts';

export const USAGE = `npm run faults -- [row …] [options]

  --repetitions N   of each row (3)        --seed N      the first repetition's (1); each next one is one higher
  --quick           small scenes, once     --json FILE   results; beside --out, docs/fault-table.json by default
  --out FILE        the table (docs/fault-table.md)      --print   to the terminal alone, no files

Sizes, by environment: SOAK_MINUTES (30), STORM_CLIENTS (5000), MALFORMED_FRAMES (1000000).
`;

export interface Options {
  readonly rows: readonly Row[];
  readonly repetitions: number;
  readonly seed: number;
  readonly size: Size;
  readonly out: string | null;
  readonly json: string | null;
}

export class UsageError extends Error {}

/** Throws UsageError with the reason. `known` are all rows, in their order. */
export function readOptions(args: readonly string[], known: readonly Row[]): Options {
  const { values, positionals } = parsed(args);
  const unknown = positionals.filter((name) => known.every((row) => row.name !== name));
  if (unknown.length > 0) {
    throw new UsageError(`no row ${unknown.join(', ')}; there are ${known.map(({ name }) => name).join(', ')}`);
  }
  const isQuick = values.quick ?? false;
  // Some of the rows, or small ones, must not overwrite the whole table unless a file is named.
  const isFullTable = positionals.length === 0 && !isQuick && !values.print;
  return {
    rows: positionals.length === 0 ? known : known.filter(({ name }) => positionals.includes(name)),
    repetitions: wholeNumber('repetitions', values.repetitions ?? (isQuick ? '1' : '3')),
    seed: wholeNumber('seed', values.seed ?? '1'),
    size: isQuick ? 'small' : 'full',
    out: values.out ?? (isFullTable ? 'docs/fault-table.md' : null),
    json: values.json ?? (isFullTable ? 'docs/fault-table.json' : null),
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const options = { repetitions: text, seed: text, json: text, out: text, quick: flag, print: flag };
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function wholeNumber(name: string, given: string): number {
  if (/^[1-9]\d{0,9}$/.test(given)) return Number(given);
  throw new UsageError(`--${name} must be a whole number above 0, not ${given}`);
}
