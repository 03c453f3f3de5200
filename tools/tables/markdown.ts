// Markdown tables.

const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(inCell).join(' | ')} |`).join('\n');

export const code = (text: string): string => `\`${text}\``;

/** `a`, `b`, `c`. */
export const codes = (texts: readonly string[]): string => texts.map(code).join(', ');
