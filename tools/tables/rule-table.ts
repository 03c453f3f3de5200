// Which tests stand for which rule: read off SPEC.md and the titles of the tests. Must not run anything.
import { readdirSync, readFileSync } from 'node:fs';
import { markdownTable } from './markdown.ts';

/** A rule in force, and the test files whose titles name it. */
export interface RuleRow {
  readonly id: string;
  readonly tests: readonly string[];
}

export function rulesWithTests(root: string): RuleRow[] {
  const spec = readFileSync(`${root}SPEC.md`, 'utf8');
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
