// Plain English everywhere: short sentences with a noun for a subject, common words, and one word for one thing.
import { describe, expect, test } from 'vitest';
import { findingsOf, proseOf, SENTENCE_WORDS_MEAN_MAX, wordsIn } from './prose.ts';
import { bench, documents, page, read, scripts, source, tests, tools } from './tree.ts';

const files = [...source, ...scripts, ...page, ...tests, ...bench, ...tools, ...documents];

/** Words that code once used for things that have a standard name; docs/glossary.md has the names. */
const bannedInIdentifiers =
  /^(surroundings|anew|hear|hears|heard|told|doubt|doubtful|vouch|vouching|aftermath|stretch|stretches|overlooked|whoever|settle|settles|settling|settled)$/;

/** The words of every identifier in the code of a file, without comments and texts. */
function identifierWords(file: string): Set<string> {
  const code = read(file)
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$|--.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, '');
  const identifiers = (code.match(/[A-Za-z_$][\w$]*/g) ?? []).filter((name) => name !== 'allSettled');
  return new Set(identifiers.flatMap((name) => name.split(/_|(?=[A-Z])/)).map((word) => word.toLowerCase()));
}

describe('prose', () => {
  test.each(['src', 'test', 'bench', 'tools', 'documents'])('[STYLE] of %s is plain', (part) => {
    const ofPart = part === 'documents' ? documents : files.filter((file) => file.startsWith(`${part}/`));
    expect(ofPart.length).toBeGreaterThan(0);
    expect(ofPart.flatMap((file) => findingsOf(file, read(file)))).toEqual([]);
  });

  test('[STYLE] has sentences of sixteen words at most on average, in every document and in the code', () => {
    const meanOf = (group: readonly string[]) => {
      const sentences = group.flatMap((file) => proseOf(file, read(file)));
      return sentences.reduce((sum, { text }) => sum + wordsIn(text), 0) / sentences.length;
    };
    for (const file of documents) expect(meanOf([file]), file).toBeLessThanOrEqual(SENTENCE_WORDS_MEAN_MAX);
    expect(meanOf(source)).toBeLessThanOrEqual(SENTENCE_WORDS_MEAN_MAX);
  });

  test('[STYLE] names are the words of the glossary', () => {
    const code = [...source, ...scripts, ...bench, ...tests.filter((file) => !file.startsWith('test/architecture/'))];
    const found = code.flatMap((file) =>
      [...identifierWords(file)].filter((word) => bannedInIdentifiers.test(word)).map((word) => `${file}: ${word}`),
    );
    expect(found).toEqual([]);
  });

  test('[STYLE] the check finds what it looks for', () => {
    const bad = '// Whoever comes again hears it anew.\n/** He is told so. */\ntest(`who is out`, () => undefined);\n';
    expect(findingsOf('x.ts', bad).map(({ problem }) => problem.replace(/:.*/, ''))).toEqual([
      '"Whoever"',
      '"anew"',
      'begins without a noun',
      '"He"',
    ]);
    expect(findingsOf('x.ts', `// ${'word '.repeat(26)}.`).map(({ problem }) => problem)).toContain('26 words');
  });
});
