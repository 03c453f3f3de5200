// The last figures as a part of bench/README.md, between two marks.
import { formatted, measureNames, measures } from './measures.ts';
import type { Medians, Report } from './results.ts';
import { figure, limitOf, subjectLine } from './table.ts';

const PART = /(<!-- figures -->\n)[\s\S]*?(<!-- \/figures -->)/;

/** The document with these figures in it. Throws when it has no place for them. */
export function withFigures(document: string, report: Report): string {
  if (!PART.test(document)) throw new Error('the document has no place for the figures');
  return document.replace(PART, (_whole, begin: string, end: string) => `${begin}\n${figuresOf(report)}\n\n${end}`);
}

function figuresOf({ machine, medians, results, verdicts }: Report): string {
  const scenarios = [...new Set(medians.map(({ scenario }) => scenario))];
  const { cpu, cores, memoryGiB, kernel, node, redis, socketIo, commit, at } = machine;
  const sections = [
    `Taken ${at.slice(0, 10)} at commit \`${commit}\` on ${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}; ` +
      `Node ${node}, Socket.IO ${socketIo}, Redis ${redis}. Servers, load client and Redis shared the machine.`,
    table([
      ['target', 'figure', 'asked for', ''],
      ...verdicts.map((one) => [
        subjectLine(one),
        figure(one),
        `${one.kind} ${limitOf(one)}`,
        one.isReached ? '✔' : '✘',
      ]),
    ]),
  ];
  for (const scenario of scenarios) {
    const own = medians.filter((one) => one.scenario === scenario);
    const ran = results.filter((one) => one.scenario === scenario);
    const size = ran[0]?.size;
    const about = size ? `${size.members} members, rate ${size.rate}, ${size.seconds} s, ${own[0]?.runs} run(s)` : '';
    const remarks = ran.flatMap(({ subject, note, warnings }) =>
      [...(note === undefined ? [] : [note]), ...warnings].map((text) => `- ${subject}: ${text}`),
    );
    sections.push(
      `### ${scenario}\n\n${about}.`,
      mediansTable(own),
      ...(remarks.length > 0 ? [[...new Set(remarks)].join('\n')] : []),
    );
  }
  return sections.join('\n\n');
}

function mediansTable(own: readonly Medians[]): string {
  const names = measureNames.filter((name) => own.some(({ medians }) => medians[name] !== undefined));
  return table([
    ['', ...names.map((name) => measures[name].heading)],
    ...own.map(({ subject, medians }) => [
      subject,
      ...names.map((name) => (medians[name] === undefined ? '–' : formatted(name, medians[name]))),
    ]),
  ]);
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}
