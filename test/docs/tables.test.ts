// The generated tables of the documents are what the sources say today; `npm run tables` writes them anew.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandNames } from '../../src/protocol/commands.ts';
import { errorCodes } from '../../src/protocol/errors.ts';
import { serverEventSchemas } from '../../src/protocol/server-events.ts';
import { serverSettingsSchema } from '../../src/settings.ts';
import { rulesWithTests } from '../../tools/tables/rule-table.ts';
import { documentsNow } from '../../tools/tables.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('[TREE] generated tables', () => {
  test.for(documentsNow().map((one) => [one.file, one] as const))('%s is up to date', ([, { is, should }]) => {
    expect(is).toBe(should);
  });

  test('name every command, event, error and setting, each with a meaning', () => {
    const readme = documentsNow().find(({ file }) => file === 'README.md')?.should ?? '';
    const named = [
      ...commandNames,
      ...Object.keys(serverEventSchemas),
      ...errorCodes,
      ...Object.keys(serverSettingsSchema.shape),
    ];
    for (const name of named) {
      const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      expect([name, row?.split('|').some((cell) => /[a-z]{4,}/i.test(cell))]).toEqual([name, true]);
    }
  });

  test('every rule in force has a row with at least one test', () => {
    const rows = rulesWithTests(root);
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter(({ tests }) => tests.length === 0)).toEqual([]);
  });
});
