// The table of metrics, read off the page that Prometheus reads: name, type, labels, help.
import { Metrics } from '../../src/ops/metrics.ts';
import { code, codes, markdownTable } from './markdown.ts';

/** Names of ours; `process_…` and `nodejs_…` are prom-client's. */
const ours = /^maiwei_/;

/** Throws when a metric has labels that the sample page below does not show. */
export async function metricTable(): Promise<string> {
  const page = await samplePage();
  const types = new Map([...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const helps = [...page.matchAll(/^# HELP (\S+) (.*)$/gm)].filter(([, name = '']) => ours.test(name));
  const rows = helps.map(([, name = '', help = '']) => {
    const type = types.get(name) ?? '';
    return [code(name), type, codes(labelsOf(page, name)) || '–', help];
  });
  return markdownTable(['metric', 'type', 'labels', 'meaning'], rows);
}

/** The page of a server on which each thing has happened once: a metric with labels is shown only then. */
function samplePage(): Promise<string> {
  const metrics = new Metrics();
  metrics.commandAnswered({ command: 'seat:take', result: 'ok', durationMs: 1 });
  metrics.commitAnswered('committed', 1);
  metrics.delivered('room:events', { recipients: 1, bytes: 1 });
  metrics.written('frames', { writes: 1, bytes: 1 });
  return metrics.render({ connections: 1, rooms: 1, members: 1, seatsTaken: 1, isStoreUp: true });
}

function labelsOf(page: string, name: string): string[] {
  const sample = new RegExp(`^${name}(?:_bucket)?(?:\\{([^}]*)\\})? `, 'm').exec(page);
  if (!sample) throw new Error(`no sample of ${name}`);
  return [...(sample[1] ?? '').matchAll(/(\w+)="/g)].map(([, label = '']) => label).filter((label) => label !== 'le');
}
