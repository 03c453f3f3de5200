// A whole cluster under faults, in many runs, each decided by a seed. SIM_RUNS=10000 runs longer, SIM_SEED=7 begins
// elsewhere. A failure names its seed, and `SIM_SEED=… SIM_RUNS=1` repeats it.
import { describe, expect, test } from 'vitest';
import type { HistoryEntry } from '../faults/history.ts';
import { brokenStores } from './broken-stores.ts';
import { faults } from './nemesis.ts';
import { foundFaults, openFaults } from './seeds.ts';
import { type Run, simulate } from './simulate.ts';

const RUNS = Number(process.env.SIM_RUNS ?? 500);
const FIRST_SEED = Number(process.env.SIM_SEED ?? 1);
/** This number of failing seeds is enough to report. */
const SHOWN_MAX = 5;
/** A bug made on purpose has to be found within this number of runs. */
const HUNT_RUNS = 60;

/** The findings of a run and the faults in it; empty without findings. */
function reportOf({ seed, findings, notes }: Run): string[] {
  if (findings.length === 0) return [];
  return [
    `seed ${seed}`,
    ...findings.map(({ rule, facts }) => `  ${rule}: ${facts}`),
    ...notes.map((note) => `  at ${note}`),
  ];
}

/** What all runs together have seen, so that a simulation without events is noticed. */
class Tally {
  runs = 0;
  commits = 0;
  readonly answers = new Map<string, number>();
  readonly struck = new Set<string>();

  note({ history, struck, commits }: Run): void {
    this.runs++;
    this.commits += commits;
    for (const fault of struck.keys()) this.struck.add(fault);
    for (const entry of history) if (entry.kind === 'answer') this.#answer(entry);
  }

  #answer({ answer }: Extract<HistoryEntry, { kind: 'answer' }>): void {
    const code = answer === null ? 'none' : answer.ok ? 'ok' : answer.error.code;
    this.answers.set(code, (this.answers.get(code) ?? 0) + 1);
  }
}

describe('[SYNC-3] a cluster under faults', () => {
  const tally = new Tally();

  test(`${RUNS} runs hold, from seed ${FIRST_SEED}`, { timeout: 60_000 + RUNS * 2_000 }, async () => {
    const reports: string[][] = [];
    const isOpen = (seed: number) => openFaults.some((open) => open.seed === seed);
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS && reports.length < SHOWN_MAX; seed++) {
      if (isOpen(seed)) continue;
      const run = await simulate(seed);
      tally.note(run);
      const report = reportOf(run);
      if (report.length > 0) reports.push(report);
    }
    expect(reports).toEqual([]);
  });

  test.runIf(RUNS >= 100)(
    'they were no idle runs: every fault was used, many commits were made, and many answers were lost',
    () => {
      expect(faults.filter((fault) => !tally.struck.has(fault))).toEqual([]);
      expect(tally.commits / tally.runs).toBeGreaterThan(25);
      const common = ['ok', 'none', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'NOT_A_MEMBER', 'SEAT_TAKEN', 'SEAT_RESERVED'];
      expect(common.filter((code) => !tally.answers.has(code))).toEqual([]);
    },
  );

  test('the same seed gives the same run, byte for byte', async () => {
    const [one, other] = [await simulate(7), await simulate(7)];
    expect(JSON.stringify(one.history)).toBe(JSON.stringify(other.history));
    expect(one.notes).toEqual(other.notes);
    const another = await simulate(8);
    expect(JSON.stringify(another.history)).not.toBe(JSON.stringify(one.history));
  });

  test.for(foundFaults.map((found) => [found.fault, found.seed] as const))('once found: %s', async ([, seed]) => {
    expect(reportOf(await simulate(seed))).toEqual([]);
  });

  test('the open faults still fail', async () => {
    for (const { seed } of openFaults) expect(reportOf(await simulate(seed))).not.toEqual([]);
  });
});

describe('[SYNC-3] the simulation can fail', () => {
  test.for(Object.entries(brokenStores))('a bug on purpose is found: %s', { timeout: 60_000 }, async ([, sabotage]) => {
    const found = async (seed: number) =>
      (await simulate(seed, { sabotage, faults: ['losses', 'broken connections'] })).findings;
    for (let seed = 1; seed <= HUNT_RUNS; seed++) if ((await found(seed)).length > 0) return;
    expect.unreachable('no run failed');
  });
});
