// SPEC.md and docs/operations.md hold the rules; they and the tests name the same ones.
import { describe, expect, test } from 'vitest';
import { read, tests } from './tree.ts';

interface Rule {
  readonly id: string;
  /** Announced, and not in force yet. */
  readonly isLater: boolean;
}

const rulesIn = (document: string): Rule[] =>
  [...read(document).matchAll(/^- \*\*([A-Z]+-\d+)\*\*( \*\(later\)\*)?/gm)].map(([, id, later]) => ({
    id: id as string,
    isLater: later !== undefined,
  }));

const forClients = rulesIn('SPEC.md');
const forOperators = rulesIn('docs/operations.md');
const rules = [...forClients, ...forOperators];
const inForce = new Set(rules.flatMap(({ id, isLater }) => (isLater ? [] : [id])));
const named = new Set(
  tests.flatMap((file) =>
    [...read(file).matchAll(/\[([A-Z]+-\d+)\](?=[^'"`\n]*['"`])/g)].map(([, id]) => id as string),
  ),
);

describe('the rules and the tests', () => {
  test('[TREE] both documents have rules', () => {
    expect(forClients.length).toBeGreaterThan(80);
    expect(forOperators.length).toBeGreaterThan(10);
  });

  test('[TREE] every rule in force has a test that names it', () => {
    expect([...inForce].filter((id) => !named.has(id)).sort()).toEqual([]);
  });

  test('[TREE] every rule that a test names is in force', () => {
    expect([...named].filter((id) => !inForce.has(id)).sort()).toEqual([]);
  });

  test('[TREE] each rule is in one document only, and once', () => {
    const ids = rules.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test('[TREE] every rule that a document refers to exists', () => {
    const known = new Set(rules.map(({ id }) => id));
    const families = new Set([...known].map((id) => id.replace(/\d+$/, '')));
    const referredTo = ['SPEC.md', 'docs/operations.md'].flatMap((document) =>
      [...read(document).matchAll(/\b([A-Z]+-)\d+\b/g)].flatMap(([id, family = '']) =>
        families.has(family) ? [id] : [],
      ),
    );
    expect(referredTo.filter((id) => !known.has(id))).toEqual([]);
  });

  test('[TREE] the rules of a chapter are in the order of their numbers', () => {
    // RTC-4 is announced in a chapter of its own.
    for (const list of [forClients.filter(({ isLater }) => !isLater), forOperators]) {
      const numbers = list.map(({ id }) => id.split('-') as [string, string]);
      const wrong = numbers.filter(([family, number], index) => {
        const [before, last] = numbers[index - 1] ?? ['', '0'];
        return before === family && Number(last) > Number(number);
      });
      expect(wrong).toEqual([]);
    }
  });

  test('[TREE] the links within the two documents lead somewhere', () => {
    const anchorOf = (title: string) =>
      title
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-');
    const anchors = (document: string) => [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, t = '']) => anchorOf(t));
    const links = (document: string, pattern: RegExp) => [...read(document).matchAll(pattern)].map(([, to]) => to);
    const broken = [
      ...links('SPEC.md', /\]\(#([^)]+)\)/g).filter((to) => !anchors('SPEC.md').includes(to as string)),
      ...links('SPEC.md', /\]\(docs\/operations\.md#([^)]+)\)/g).filter(
        (to) => !anchors('docs/operations.md').includes(to as string),
      ),
    ];
    expect(broken).toEqual([]);
  });
});
