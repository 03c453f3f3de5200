// Writes the generated tables of the documents: `npm run tables`. test/docs/tables.test.ts keeps them up to date.
//
// A document asks for a table with a marker; the lines between the marks are replaced:
//
//   <!-- table:NAME -->
//   <!-- /table -->
//
// A marker may be indented (in a list item); the table is then indented, too. The names:
//
//   commands        command, what it does, payload, ack, who may
//   clientCommands  command, payload, ack data, errors beside the general ones
//   roles           which role may give which command (ROLE-1), without the rule on ranks
//   events          server event, when, fields
//   publicEvents    type on the stage, fields, what a client does with it (SYNC-7); `type`, `by`, `at` are on all
//   staffEvents     the same for the types that only staff sees
//   shapes          room, settings, you, seat, occupant, request, invitation, member, message, update, grant, entry
//   roomSettings    settings of a room with limits and default, meaning, who changes them (ROOM-1)
//   errors          error code, HTTP status, retryable, meaning; a code that no source uses is marked as reserved
//   closings        closing code, `reconnect`, meaning; the same mark
//   reasons         reason of an end (ROLE-4), meaning; the same mark
//   settings        setting of the server process, default, meaning
//   metrics         metric, type, labels, meaning (OPS-1)
//   faults          what happens when something breaks, with measured figures
//   faultsInShort   a selection of these for README
//   rules           rule, test files that name it
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { closingCodeTable, errorCodeTable, reasonTable } from './tables/code-tables.ts';
import { clientCommandTable, commandTable, roleTable } from './tables/command-tables.ts';
import { eventTable, publicEventTable, shapeTable, staffEventTable } from './tables/event-tables.ts';
import { faultTable, shortFaultTable } from './tables/fault-lines.ts';
import { metricTable } from './tables/metric-table.ts';
import { ruleTable } from './tables/rule-table.ts';
import { roomSettingTable, settingTable } from './tables/setting-tables.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The documents with generated tables. */
const documents = ['README.md', 'SPEC.md', 'docs/operations.md', 'docs/reference.md', 'docs/rules.md'];

/** Every table by its name in the markers. */
const tables: Readonly<Record<string, () => string | Promise<string>>> = {
  commands: commandTable,
  clientCommands: clientCommandTable,
  roles: roleTable,
  events: eventTable,
  publicEvents: publicEventTable,
  staffEvents: staffEventTable,
  shapes: shapeTable,
  roomSettings: roomSettingTable,
  errors: () => errorCodeTable(root),
  closings: () => closingCodeTable(root),
  reasons: () => reasonTable(root),
  settings: settingTable,
  metrics: metricTable,
  faults: () => faultTable(root),
  faultsInShort: () => shortFaultTable(root),
  rules: () => ruleTable(root),
};

export interface GeneratedDocument {
  readonly file: string;
  readonly is: string;
  readonly should: string;
}

/** Each document as it is and as it should be. Throws for a marker that names no table. */
export async function documentsNow(): Promise<GeneratedDocument[]> {
  const built = new Map(
    await Promise.all(Object.entries(tables).map(async ([name, build]) => [name, await build()] as const)),
  );
  return documents
    .filter((file) => existsSync(`${root}${file}`))
    .map((file) => {
      const is = readFileSync(`${root}${file}`, 'utf8');
      return { file, is, should: filled(is, built) };
    });
}

/** The text with every table between its marks. */
export const filled = (text: string, built: ReadonlyMap<string, string>): string =>
  text.replace(/^([ \t]*)<!-- table:(\w+) -->\n[\s\S]*?<!-- \/table -->/gm, (_part, indent: string, name: string) => {
    const table = built.get(name);
    if (table === undefined) throw new Error(`there is no table "${name}"`);
    const lines = [`<!-- table:${name} -->`, '', ...table.split('\n'), '', '<!-- /table -->'];
    return lines.map((line) => (line === '' ? '' : `${indent}${line}`)).join('\n');
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, is, should } of await documentsNow()) {
    if (is === should) continue;
    writeFileSync(`${root}${file}`, should);
    process.stdout.write(`${file} was brought up to date\n`);
  }
}
