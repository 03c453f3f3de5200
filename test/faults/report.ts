// The fault table as a page: rules, figures against budgets, and everything that was missed.
import type { Machine } from '../../bench/report/machine.ts';
import { type Figure, shownValue } from './figures.ts';
import { allRulesHold, type RowResult } from './run.ts';

export interface Report {
  readonly machine: Machine;
  readonly seed: number;
  readonly repetitions: number;
  readonly size: string;
  readonly rows: readonly RowResult[];
}

const METHOD = `Made by \`npm run faults\`: real server processes on a real Redis, with load going on. Each server is behind a TCP
proxy of its own. The clients are real socket.io clients that behave as SPEC.md's chapter 2 says. They choose a server that
answers \`/readyz\`, as a balancer does. The checkers of \`test/faults/checkers\` judge every repetition:

- All clients see one history.
- The domain gives the same answers again when it is asked in the same state.
- There is no effect without a command, and nothing acknowledged is lost.
- No two users believe at once that a seat is theirs; otherwise the table shows the milliseconds of overlap.

*never* means: not within the time that the row waits. *Stock* is Socket.IO with @socket.io/redis-adapter.
Its seats are in a Redis hash that its handlers set and delete (\`test/faults/stock\`). It goes through the same fault once, and
the table shows its worst value.`;

export function renderReport({ machine, seed, repetitions, size, rows }: Report): string {
  const lines = [
    '# What happens when: the fault table',
    '',
    METHOD,
    '',
    `Commit ${machine.commit}, ${machine.at.slice(0, 10)}; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; node ${machine.node},`,
    `redis ${machine.redis}; seed ${seed}, ${repetitions} repetitions of each row${size === 'small' ? ', small scenes' : ''}.`,
    '',
    '| fault | must hold | figure (budget) | p50 | p95 | max | | stock |',
    '|---|---|---|--:|--:|--:|---|--:|',
    ...rows.flatMap(rowLines),
    '',
    ...rows.flatMap(missedLines),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function rowLines(row: RowResult): string[] {
  const rules = Object.keys(row.holds);
  const held = rules.filter((rule) => row.holds[rule]?.length === 0).length;
  const verdict = allRulesHold(row) ? `✔ all ${held}` : `✘ ${held} of ${rules.length}`;
  const figures = Object.entries(row.figures);
  const [first, ...others] = figures.length > 0 ? figures : [null];
  return [
    `| ${row.fault} | ${row.failures.length > 0 ? '✘ not played to the end' : verdict} | ${figureCells(row, first ?? null)} |`,
    ...others.map((figure) => `| | | ${figureCells(row, figure)} |`),
  ];
}

function figureCells({ stock }: RowResult, given: readonly [string, Figure] | null): string {
  if (!given) return '– | | | | |';
  const [name, { title, unit, budget, p50, p95, p99, max, isMet }] = given;
  const named = budget
    ? `${title} (${budget.at} ≤ ${budget.limit}${unit && ` ${unit}`})`
    : `${title}${unit && `, ${unit}`}`;
  const judged = budget?.at === 'p99' ? `: p99 ${shownValue(p99)}` : '';
  const verdict = budget ? `${isMet ? '✔' : '✘ missed'}${judged}` : '';
  const other = stock[name];
  return `${named} | ${[p50, p95, max].map(shownValue).join(' | ')} | ${verdict} | ${other ? shownValue(other.max) : ''}`;
}

/** The findings against a rule, so that a reader need not trust a cross. */
function missedLines(row: RowResult): string[] {
  const found = Object.entries(row.holds).filter(([, findings]) => findings.length > 0);
  if (found.length === 0 && row.failures.length === 0) return [];
  return [
    `## ${row.fault}: what did not hold`,
    '',
    ...row.failures.map((failure) => `- not played: ${failure}`),
    ...found.map(
      ([rule, findings]) =>
        `- ${rule}: ${findings.length} found, such as \`${(findings[0] ?? '').slice(0, 240).replaceAll('`', "'")}\``,
    ),
    '',
  ];
}
