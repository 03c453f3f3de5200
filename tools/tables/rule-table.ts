// Which tests hold which rule: read off the documents that have rules, and off the titles of the tests.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { markdownTable } from './markdown.ts';

/** A rule in force, and the test files whose titles name it. */
export interface RuleRow {
  readonly id: string;
  readonly tests: readonly string[];
}

/** Where rules are written down: for clients, and for operators. */
const documents = ['SPEC.md', 'docs/operations.md'];

export function rulesWithTests(root: string): RuleRow[] {
  const spec = documents
    .map((file) => (existsSync(`${root}${file}`) ? readFileSync(`${root}${file}`, 'utf8') : ''))
    .join('\n');
  const ids = [...spec.matchAll(/^- \*\*([A-Z]+-\d+)\*\*(?! \*\(later\)\*)/gm)].map(([, id]) => id as string);
  const files = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts'))
    .sort();
  const texts = files.map((file) => ({ file, text: readFileSync(`${root}test/${file}`, 'utf8') }));
  return ids.map((id) => ({ id, tests: texts.filter(({ text }) => text.includes(`[${id}]`)).map(({ file }) => file) }));
}

export const ruleTable = (root: string): string =>
  markdownTable(
    ['rule', 'tests'],
    rulesWithTests(root).map(({ id, tests }) => [id, tests.map((file) => `\`${file}\``).join(', ')]),
  );
