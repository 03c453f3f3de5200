// The tables of commands, server events, errors and settings, read off the sources. Must not know where they are put.
import { permissions } from '../../src/domain/permissions.ts';
import { ackSchemas } from '../../src/protocol/acks.ts';
import { type CommandName, commandNames, commandSchemas } from '../../src/protocol/commands.ts';
import { errorTable } from '../../src/protocol/errors.ts';
import { serverEventSchemas } from '../../src/protocol/server-events.ts';
import { commandSummaries, eventSummaries } from '../../src/protocol/summaries.ts';
import { settingRows } from '../../src/settings.ts';
import { markdownTable } from './markdown.ts';
import { fieldsOf } from './shapes.ts';

/** What every payload has is said above the table. */
const everywhere = ['roomId', 'commandId'];

const whoMay = (name: CommandName): string => {
  const row = Object.hasOwn(permissions, name) ? permissions[name as keyof typeof permissions] : null;
  if (!row) return '';
  const may = (['member', 'admin', 'owner', 'service'] as const).filter((role) => typeof row[role] !== 'string');
  return may.join(', ');
};

export const commandTable = (): string =>
  markdownTable(
    ['command', 'what it does', 'payload', 'ack', 'who may'],
    commandNames.map((name) => [
      `\`${name}\``,
      commandSummaries[name],
      fieldsOf(commandSchemas[name], 'input', everywhere),
      fieldsOf(ackSchemas[name], 'output'),
      whoMay(name),
    ]),
  );

export const eventTable = (): string =>
  markdownTable(
    ['event', 'when', 'fields'],
    Object.entries(serverEventSchemas).map(([name, schema]) => [
      `\`${name}\``,
      eventSummaries[name as keyof typeof eventSummaries],
      fieldsOf(schema, 'output'),
    ]),
  );

export const errorTableOf = (): string =>
  markdownTable(
    ['code', 'HTTP', 'retryable', 'meaning'],
    Object.entries(errorTable).map(([code, { httpStatus, retryable, message }]) => [
      `\`${code}\``,
      String(httpStatus),
      retryable ? 'yes' : 'no',
      message,
    ]),
  );

export const settingTable = (): string =>
  markdownTable(
    ['setting', 'default', 'meaning'],
    settingRows().map(({ name, byDefault, meaning }) => [`\`${name}\``, byDefault, meaning]),
  );
