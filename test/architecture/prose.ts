// Reads prose out of files: comments, test names, log messages, documents; and says where it breaks the rules of style.

/** One sentence and where it stands. */
export interface Sentence {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface Finding extends Sentence {
  readonly problem: string;
}

interface Block {
  readonly line: number;
  readonly text: string;
}

export const SENTENCE_WORDS_MAX = 25;
export const SENTENCE_WORDS_MEAN_MAX = 16;
const LINE_MAX = 120;

/** Words that a plain sentence does without, each with what to write. */
const bannedWords: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(whoever|whom|whomever|whosoever)\b/i, 'name the subject: the node, the member, the client'],
  [/\b(he|him|his|himself|she|her|hers|herself)\b/i, 'they, them, their'],
  [/\bfor ever\b/i, 'forever'],
  [/\blife[ -]times?\b/i, 'lifetime, or TTL'],
  [/\bdear\b/i, 'expensive'],
  [/\banew\b/i, 'again, or reset'],
  [/\bMust not know\b/i, 'only a test or a type says that'],
  [/\b(vouch|vouching|aftermath)\b/i, 'self-fencing, recovery follow-up'],
  [/\bso many\b|\bso long\b(?! as)/i, 'the number, or: at most, after'],
  [/\blets? go of\b/i, 'passivates, releases'],
];

/** Openers whose subject is not a noun. */
const bannedOpener = /^(Who|Whose|Those who|He|His|Nobody who|Somebody who|Everybody who|Anybody who)\b/;

/** The comments of a source file, each with its first line; a run of line comments is one block. */
export function commentsOf(file: string, source: string): Block[] {
  const lineComment = file.endsWith('.lua') ? /^-- ?-? ?(.*)$/ : /^\/\/ ?(.*)$/;
  const blocks: Block[] = [];
  let open: { line: number; lines: string[]; kind: 'line' | 'block' } | null = null;
  const close = () => {
    if (open) blocks.push(...paragraphsOf(open.lines, open.line));
    open = null;
  };
  source.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (open?.kind === 'block') {
      open.lines.push(line.replace(/\*\/.*$/, '').replace(/^\* ?/, ''));
      if (line.includes('*/')) close();
      return;
    }
    const comment = lineComment.exec(line);
    if (comment && !/^\/\/ biome-ignore/.test(line)) {
      if (open?.kind !== 'line') close();
      open ??= { line: index + 1, lines: [], kind: 'line' };
      open.lines.push(comment[1] ?? '');
      return;
    }
    close();
    if (/^\/\*/.test(line)) {
      open = { line: index + 1, lines: [line.replace(/^\/\*+ ?/, '').replace(/\*\/.*$/, '')], kind: 'block' };
      if (line.includes('*/')) close();
    }
  });
  close();
  return blocks;
}

/** Paragraphs and list items of some lines of text; tables, headings, code and drawings are left out. */
export function paragraphsOf(lines: readonly string[], firstLine = 1): Block[] {
  const blocks: { line: number; text: string }[] = [];
  let isCode = false;
  let isOpen = false;
  lines.forEach((raw, index) => {
    const line = raw.trim();
    if (/^(```|~~~)/.test(line)) isCode = !isCode;
    const isNoText = isCode || line === '' || /^(```|~~~|\||#|<|!\[|@|[-=─]{3,})/.test(line) || /\s{3,}\S/.test(line);
    if (isNoText || /^ {4,}\S/.test(raw)) {
      isOpen = false;
      return;
    }
    const isItem = /^([-*•]|\d+\.|\[[A-Z]+\d+\]|\([a-z0-9]\))\s/.test(line);
    const text = line.replace(/^([-*•]|\d+\.)\s+/, '').replace(/^\*\*[A-Z]+-\d+\*\*\s*/, '');
    const last = blocks.at(-1);
    if (isOpen && last && !isItem) last.text += ` ${text}`;
    else blocks.push({ line: firstLine + index, text });
    isOpen = true;
  });
  return blocks;
}

/** The texts of `test('…')`, `describe('…')` and of log calls such as `logger.warn({…}, '…')`. */
export function namesOf(source: string): Block[] {
  const patterns = [
    /\b(?:test|describe|it)(?:\.each\([\s\S]*?\))?\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g,
    /\.(?:trace|debug|info|warn|error|fatal)\(\s*\{[^{}]*\},\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g,
  ];
  return patterns.flatMap((pattern) =>
    [...source.matchAll(pattern)].map((match) => ({
      line: source.slice(0, match.index).split('\n').length,
      text: (match[2] ?? '').replace(/\[[A-Z]+-?\d+[a-z]?\]/g, '').replace(/\$\{[^}]*\}/g, 'x'),
    })),
  );
}

export const sentencesOf = (text: string): string[] =>
  text
    .replace(/`[^`]*`/g, 'Code')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .split(/(?<=[.!?…]["'”’)]?)\s+(?=["'“(*]?[A-Z`[0-9])/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /[a-z]/i.test(sentence));

export const wordsIn = (sentence: string): number =>
  sentence.split(/\s+/).filter((word) => /[a-z0-9]/i.test(word)).length;

/** Every sentence of the blocks, for counting. */
export const sentencesIn = (file: string, blocks: readonly Block[]): Sentence[] =>
  blocks.flatMap(({ line, text }) => sentencesOf(text).map((sentence) => ({ file, line, text: sentence })));

/** Where sentences break the rules. */
export function findingsIn(sentences: readonly Sentence[]): Finding[] {
  return sentences.flatMap((sentence) => {
    const problems: string[] = [];
    const words = wordsIn(sentence.text);
    if (words > SENTENCE_WORDS_MAX) problems.push(`${words} words`);
    if (bannedOpener.test(sentence.text)) problems.push('begins without a noun');
    const plain = sentence.text.replace(/"[^"]*"|“[^”]*”/g, '');
    for (const [pattern, instead] of bannedWords) {
      const found = pattern.exec(plain);
      if (found) problems.push(`"${found[0]}": ${instead}`);
    }
    return problems.map((problem) => ({ ...sentence, problem }));
  });
}

/** Comment lines that the formatter would wrap if it wrapped comments. */
export const longComments = (file: string, source: string): Finding[] =>
  source.split('\n').flatMap((raw, index) => {
    const isComment =
      (file.endsWith('.lua') ? /^\s*--/ : /^\s*(\/\/|\*|\/\*)/).test(raw) && !/https?:\/\/|biome-ignore/.test(raw);
    if (!isComment || raw.length <= LINE_MAX || /\|.*\|/.test(raw)) return [];
    return [{ file, line: index + 1, text: raw.trim(), problem: `${raw.length} characters` }];
  });

/** All that a file breaks; the kind of file decides what is read. */
export function findingsOf(file: string, source: string): Finding[] {
  return [...findingsIn(proseOf(file, source)), ...(file.endsWith('.md') ? [] : longComments(file, source))];
}

/** All prose of a file. */
export function proseOf(file: string, source: string): Sentence[] {
  if (file.endsWith('.md')) return sentencesIn(file, paragraphsOf(withoutTables(source).split('\n')));
  return sentencesIn(file, [...commentsOf(file, source), ...namesOf(source)]);
}

/** Generated tables and figures have their own sources; they are read there. Lines are kept. */
const withoutTables = (source: string): string =>
  source.replace(/<!-- (?:table:\w+|figures) -->[\s\S]*?<!-- \/(?:table|figures) -->/g, (generated) =>
    generated.replace(/[^\n]+/g, ''),
  );
