// `npx tsx test/architecture/prose-report.ts [path…]`: what the named files and folders break of the rules of prose.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { findingsOf, proseOf, wordsIn } from './prose.ts';
import { filesIn } from './tree.ts';

const paths = process.argv.slice(2).map((path) => path.replace(/\/$/, ''));
const files = paths.flatMap((path) => {
  if (!existsSync(path)) return [];
  return statSync(path).isFile() ? [path] : filesIn(path, /\.(ts|mjs|js|css|lua|md)$/);
});
const sentences = files.flatMap((file) => proseOf(file, readFileSync(file, 'utf8')));
for (const file of files) {
  for (const { line, problem, text } of findingsOf(file, readFileSync(file, 'utf8'))) {
    process.stdout.write(`${file}:${line}: ${problem}: ${text}\n`);
  }
}
const words = sentences.reduce((sum, { text }) => sum + wordsIn(text), 0);
process.stdout.write(
  `${sentences.length} sentences, ${(words / Math.max(1, sentences.length)).toFixed(1)} words each\n`,
);
