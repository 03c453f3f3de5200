// Writes the tables of README.md and docs/rules.md that follow from the sources: `npm run tables`. test/docs keeps them true.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { faultTable } from './tables/fault-lines.ts';
import { commandTable, errorTableOf, eventTable, settingTable } from './tables/protocol-tables.ts';
import { ruleTable } from './tables/rule-table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The documents with generated parts; each part lies between `<!-- table:NAME -->` and `<!-- /table -->`. */
const documents: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'README.md': {
    commands: commandTable,
    events: eventTable,
    errors: errorTableOf,
    settings: settingTable,
    faults: () => faultTable(root),
  },
  'docs/rules.md': { rules: () => ruleTable(root) },
};

/** Each document as it should be, beside what it is. Throws when a part's marks are missing. */
export function documentsNow(): { readonly file: string; readonly is: string; readonly should: string }[] {
  return Object.entries(documents).map(([file, parts]) => {
    const is = readFileSync(`${root}${file}`, 'utf8');
    const should = Object.entries(parts).reduce((text, [name, build]) => {
      const part = new RegExp(`(<!-- table:${name} -->\\n)[\\s\\S]*?(<!-- /table -->)`);
      if (!part.test(text)) throw new Error(format('%s has no place for the table %s', file, name));
      return text.replace(part, (_whole, begin: string, end: string) => `${begin}\n${build()}\n\n${end}`);
    }, is);
    return { file, is, should };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, is, should } of documentsNow()) {
    if (is === should) continue;
    writeFileSync(`${root}${file}`, should);
    process.stdout.write(`${file} was brought up to date\n`);
  }
}
