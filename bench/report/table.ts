// The results as a table for a terminal.
import { formatted, type MeasureName, measureNames, measures } from './measures.ts';
import type { Medians, Ratio, Report } from './results.ts';
import type { Verdict } from './targets.ts';

/** Cells are aligned to the right, except in the first column. */
export function grid(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** Medians of each scenario, one row per subject, then ratios, warnings and targets. */
export function renderReport({ medians, ratios, results, verdicts }: Report): string {
  const scenarios = [...new Set(medians.map(({ scenario }) => scenario))];
  const sections = scenarios.map((scenario) => {
    const own = medians.filter((one) => one.scenario === scenario);
    const compared = ratioRows(ratios.filter((one) => one.scenario === scenario));
    const notes = results.flatMap((one) => {
      if (one.scenario !== scenario) return [];
      return [...one.warnings, ...(one.note === undefined ? [] : [one.note])].map(
        (text) => `  ${one.subject}: ${text}`,
      );
    });
    return [
      `${scenario} (median of ${own[0]?.runs ?? 0})`,
      grid(medianRows(own)),
      ...(compared.length > 1 ? ['', grid(compared)] : []),
      ...new Set(notes),
    ].join('\n');
  });
  if (verdicts.length > 0) sections.push(`targets\n${grid(verdictRows(verdicts))}`);
  return `${sections.join('\n\n')}\n`;
}

function medianRows(own: readonly Medians[]): string[][] {
  const names = measureNames.filter((name) => own.some(({ medians }) => medians[name] !== undefined));
  const cell = (one: Medians, name: MeasureName) => {
    const value = one.medians[name];
    return value === undefined ? '–' : formatted(name, value);
  };
  return [
    ['', ...names.map((name) => measures[name].heading)],
    ...own.map((one) => [one.subject, ...names.map((name) => cell(one, name))]),
  ];
}

function ratioRows(own: readonly Ratio[]): string[][] {
  const names = measureNames.filter((name) => own.some(({ measure }) => measure === name));
  const pairs = [...new Set(own.map(({ subject, over }) => `${subject} ÷ ${over}`))];
  return [
    ['ratio (median of runs)', ...names.map((name) => measures[name].heading)],
    ...pairs.map((pair) => [
      pair,
      ...names.map((name) => {
        const found = own.find((one) => one.measure === name && `${one.subject} ÷ ${one.over}` === pair);
        return found ? found.medianOfRatios.toFixed(3) : '–';
      }),
    ]),
  ];
}

function verdictRows(verdicts: readonly Verdict[]): string[][] {
  return [
    ['', 'value', '', 'target'],
    ...verdicts.map((one) => [`${one.isReached ? '✔' : '✘'} ${subjectLine(one)}`, figure(one), one.kind, limitOf(one)]),
  ];
}

/** The subject of a verdict in one line. */
export const subjectLine = ({ scenario, subject, measure, over }: Verdict): string =>
  `${scenario}: ${measures[measure].heading}, ${subject}${over ? ` ÷ ${over}` : ''}`;

export const figure = ({ value }: Verdict): string => String(Number(value.toPrecision(3)));

export const limitOf = ({ limit, moonshot }: Verdict): string =>
  `${Number(limit.toPrecision(4))}${moonshot === undefined ? '' : ` (${Number(moonshot.toPrecision(3))})`}`;
