// Markdown tables. Must not know what they are about.

const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells, index) => `| ${cells.map((cell) => (index === 1 ? cell : inCell(cell))).join(' | ')} |`)
    .join('\n');
