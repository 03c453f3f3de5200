// DECISIONS.md has one form, and every decision that a file cites is in it.
import { describe, expect, test } from 'vitest';
import { filesIn, read } from '../architecture/tree.ts';

const LINES_MAX = 12;
const parts = ['Context', 'Choice', 'Consequences', 'Would change our mind'];

interface Decision {
  readonly id: string;
  readonly date: string;
  /** The lines below the heading that are not empty. */
  readonly lines: readonly string[];
}

const decisions: readonly Decision[] = read('DECISIONS.md')
  .split(/^(?=#)/m)
  .filter((section) => section.startsWith('### '))
  .map((section) => {
    const [heading = '', ...lines] = section.split('\n').filter((line) => line.trim() !== '');
    const [, id = heading, date = ''] = /^### (D\d+[a-z]?) .+ \(([^()]*)\)$/.exec(heading) ?? [];
    return { id, date, lines };
  });

/** The number and the letter of `D10a`, so that ids sort as they stand in the document. */
const order = (id: string): string => `${/\d+/.exec(id)?.[0].padStart(4, '0')}${/[a-z]$/.exec(id)?.[0] ?? ''}`;

describe('[TREE] DECISIONS.md', () => {
  test('every decision has an id, and none has the id of another', () => {
    expect(decisions.length).toBeGreaterThan(90);
    const ids = decisions.map(({ id }) => id);
    expect(ids.filter((id) => !/^D\d+[a-z]?$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(ids.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)));
  });

  test('every decision has a date', () => {
    expect(decisions.filter(({ date }) => !/^20\d\d-[01]\d-[0-3]\d$/.test(date)).map(({ id }) => id)).toEqual([]);
  });

  test.for(parts.map((part, index) => [part, index] as const))('every decision has its part: %s', ([part, index]) => {
    const labelled = (lines: readonly string[]) => lines.filter((line) => /^- \*\*[^*]+:\*\* /.test(line));
    const without = decisions.filter(({ lines }) => !labelled(lines)[index]?.startsWith(`- **${part}:**`));
    expect(without.map(({ id }) => id)).toEqual([]);
  });

  test('no decision has more than 12 lines', () => {
    expect(decisions.filter(({ lines }) => lines.length > LINES_MAX).map(({ id }) => id)).toEqual([]);
  });

  test('every decision that a file cites is there', () => {
    const files = ['src', 'test', 'bench', 'tools', 'docs', 'k8s']
      .flatMap((folder) => filesIn(folder, /\.(ts|mjs|js|css|lua|md|ya?ml)$/))
      .concat('README.md', 'SPEC.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'DECISIONS.md');
    const cited = files.flatMap((file) => [...read(file).matchAll(/\bD\d+[a-z]?\b/g)].map(([id]) => ({ file, id })));
    expect(cited.length).toBeGreaterThan(decisions.length);
    const known = new Set(decisions.map(({ id }) => id));
    expect(cited.filter(({ id }) => !known.has(id))).toEqual([]);
  });
});
