// The generated tables of the documents are what the sources say today; `npm run tables` writes them again.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandNames } from '../../src/protocol/commands.ts';
import { closingCodes, errorCodes } from '../../src/protocol/errors.ts';
import { publicEventSchemas, staffEventSchemas } from '../../src/protocol/room-events.ts';
import { serverEventSchemas } from '../../src/protocol/server-events.ts';
import { reasonSchema } from '../../src/protocol/stage.ts';
import { serverSettingsSchema } from '../../src/settings.ts';
import { rulesWithTests } from '../../tools/tables/rule-table.ts';
import { isWritten, ruleFolders } from '../../tools/tables/usage.ts';
import { documentsNow, filled } from '../../tools/tables.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = await documentsNow();

describe('[TREE] generated tables', () => {
  test.for(documents.map((one) => [one.file, one] as const))('%s is up to date', ([, { is, should }]) => {
    expect(is).toBe(should);
  });

  test('name every command, event, code, reason and setting, each with a meaning', () => {
    const reference = documents.find(({ file }) => file === 'docs/reference.md')?.should ?? '';
    const named = [
      ...commandNames,
      ...Object.keys(serverEventSchemas),
      ...Object.keys(publicEventSchemas),
      ...Object.keys(staffEventSchemas),
      ...errorCodes,
      ...closingCodes,
      ...reasonSchema.options,
      ...Object.keys(serverSettingsSchema.shape),
    ];
    for (const name of named) {
      const row = reference.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      expect([name, row?.split('|').some((cell) => /[a-z]{4,}/i.test(cell))]).toEqual([name, true]);
    }
  });

  test('every rule in force has a row with at least one test', () => {
    const rows = rulesWithTests(root);
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter(({ tests }) => tests.length === 0)).toEqual([]);
  });

  test('a word of the protocol is reserved while no source writes it', () => {
    expect(isWritten('RATE_LIMITED', root)).toBe(true);
    expect(isWritten('CONTENT_REJECTED', root)).toBe(false);
    expect(isWritten('banned', root, ruleFolders)).toBe(true);
    expect(isWritten('moved', root, ruleFolders)).toBe(false);
  });

  test('a marker in a list item keeps its indentation, and one without a table is an error', () => {
    const item = '- item:\n\n  <!-- table:one -->\n  old\n  <!-- /table -->\n';
    const expected = '- item:\n\n  <!-- table:one -->\n\n  | a |\n  | --- |\n\n  <!-- /table -->\n';
    expect(filled(item, new Map([['one', '| a |\n| --- |']]))).toBe(expected);
    expect(() => filled(item, new Map())).toThrow('there is no table "one"');
  });
});
