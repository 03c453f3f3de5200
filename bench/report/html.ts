// The results as one self-contained page: bars, targets, and every figure behind them.
import { type Chart, chartsOf } from './charts.ts';
import { formatted, measureNames, measures } from './measures.ts';
import { pageStyle } from './page-style.ts';
import { type Medians, type Ratio, type Report, valueIn } from './results.ts';
import { figure, limitOf, subjectLine } from './table.ts';
import type { Verdict } from './targets.ts';

/** `titles`: each scenario in a few words. */
export function renderPage(report: Report, titles: Readonly<Record<string, string>>): string {
  const { machine, medians, verdicts } = report;
  const scenarios = [...new Set(medians.map(({ scenario }) => scenario))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Maiwei bench</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<h1>Maiwei beside stock Socket.IO</h1>
<p>${escaped(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}`)}</p>
<p>${escaped(`Node ${machine.node}, Socket.IO ${machine.socketIo}, Redis ${machine.redis}; commit ${machine.commit}, ${machine.at}`)}</p>
<p>Bars are medians of the runs, the line on a bar reaches from the lowest to the highest run.</p>
${verdicts.length > 0 ? targetsOf(verdicts) : ''}
${scenarios.map((name) => sectionOf(report, name, titles[name] ?? '')).join('\n')}
</main>
</body>
</html>
`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const targetsOf = (verdicts: readonly Verdict[]): string => `<section>
<h2>Targets</h2>
<div class="scroll"><table class="targets">
<tr><th>measure</th><th>figure</th><th>target</th><th></th></tr>
${verdicts
  .map(
    (one) =>
      `<tr><td>${escaped(subjectLine(one))}</td><td>${figure(one)}</td><td>${one.kind} ${escaped(limitOf(one))}</td>` +
      `<td class="${one.isReached ? 'reached' : 'missed'}">${one.isReached ? '✔ reached' : '✘ missed'}</td></tr>`,
  )
  .join('\n')}
</table></div>
</section>`;

function sectionOf(report: Report, scenario: string, title: string): string {
  const medians = report.medians.filter((one) => one.scenario === scenario);
  const results = report.results.filter((one) => one.scenario === scenario);
  const size = results[0]?.size;
  const charts = (chartsOf[scenario] ?? []).map((chart) => chartOf(chart, report, scenario)).join('\n');
  const lines = (kind: string, texts: readonly string[]) =>
    [...new Set(texts)].map((text) => `<p class="${kind}">${escaped(text)}</p>`).join('\n');
  const about = size
    ? `${size.members} members, rate ${size.rate}, ${size.seconds} s, ${medians[0]?.runs ?? 0} run(s)`
    : '';
  return `<section>
<h2>${escaped(scenario)}: ${escaped(title)}</h2>
<p>${escaped(about)}</p>
<div class="charts">
${charts}
</div>
${lines(
  'note',
  results.flatMap(({ subject, note }) => (note === undefined ? [] : [`${subject}: ${note}`])),
)}
${lines(
  'warning',
  results.flatMap(({ subject, run, warnings }) => warnings.map((text) => `${subject}, run ${run}: ${text}`)),
)}
<details><summary>All figures</summary>
<div class="scroll">${mediansTable(medians)}</div>
<div class="scroll">${ratiosTable(report.ratios.filter((one) => one.scenario === scenario))}</div>
</details>
</section>`;
}

function chartOf({ measure, title, better }: Chart, report: Report, scenario: string): string {
  const isOf = (one: { readonly scenario: string }) => one.scenario === scenario;
  const results = report.results.filter(isOf);
  const rows = report.medians.filter(isOf).flatMap(({ subject, medians: own }) => {
    const value = own[measure];
    const values = results.flatMap((one) => (one.subject === subject ? (valueIn(one, measure) ?? []) : []));
    return value === undefined ? [] : [{ subject, value, low: Math.min(...values), high: Math.max(...values) }];
  });
  if (rows.length === 0) return '';
  const most = Math.max(...rows.map(({ high }) => high), Number.MIN_VALUE);
  const share = (value: number) => `${((100 * Math.max(0, value)) / most).toFixed(2)}%`;
  const bars = rows.map(
    ({ subject, value, low, high }) =>
      `<div class="row"><b>${subject}</b><div class="track"><div class="bar ${subject}" style="width:${share(value)}"></div>` +
      `<div class="spread" style="left:${share(low)};width:${share(high - Math.max(0, low))}"></div></div>` +
      `<span class="number">${formatted(measure, value)}</span></div>`,
  );
  const remarks = [
    ...report.ratios.flatMap((one) => (isOf(one) && one.measure === measure ? ratioLine(one, report.verdicts) : [])),
    ...report.verdicts.flatMap((one) =>
      isOf(one) && one.measure === measure && one.over === null ? `${one.subject} ${mark(one)}` : [],
    ),
  ];
  return `<div><h3>${escaped(title)} <small>(${better} is better)</small></h3>\n${bars.join('\n')}
<p class="note">${remarks.join('<br>')}</p>
</div>`;
}

/** One ratio, and its target if there is one. */
function ratioLine({ scenario, measure, subject, over, medianOfRatios }: Ratio, verdicts: readonly Verdict[]): string {
  const isIt = (one: Verdict) =>
    one.scenario === scenario && one.measure === measure && one.subject === subject && one.over === over;
  const verdict = verdicts.find(isIt);
  return `${subject} ÷ ${over}: <b>${medianOfRatios.toFixed(3)}</b>${verdict ? ` ${mark(verdict)}` : ''}`;
}

const mark = (one: Verdict): string =>
  `<span class="${one.isReached ? 'reached' : 'missed'}">${one.isReached ? '✔' : '✘'} ${one.kind} ${escaped(limitOf(one))}</span>`;

function mediansTable(medians: readonly Medians[]): string {
  const names = measureNames.filter((name) => medians.some((one) => one.medians[name] !== undefined));
  const head = names.map(
    (name) => `<th title="${escaped(measures[name].meaning)}">${escaped(measures[name].heading)}</th>`,
  );
  const rows = medians.map(({ subject, medians: own }) => {
    const cells = names.map((name) => `<td>${own[name] === undefined ? '–' : formatted(name, own[name])}</td>`);
    return `<tr><td>${subject}</td>${cells.join('')}</tr>`;
  });
  return `<table><tr><th>medians</th>${head.join('')}</tr>\n${rows.join('\n')}</table>`;
}

function ratiosTable(ratios: readonly Ratio[]): string {
  if (ratios.length === 0) return '';
  const rows = ratios.map(
    ({ measure, subject, over, ofMedians, medianOfRatios }) =>
      `<tr><td>${subject} ÷ ${over}</td><td>${escaped(measures[measure].heading)}</td>` +
      `<td>${medianOfRatios.toFixed(3)}</td><td>${ofMedians.toFixed(3)}</td></tr>`,
  );
  return `<table><tr><th>ratios</th><th>of</th><th>median of ratios</th><th>ratio of medians</th></tr>\n${rows.join('\n')}</table>`;
}
