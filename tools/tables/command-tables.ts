// The tables of commands: for clients (payload, ack, errors), for the reference (summary, roles), and of rights.
import { permissions } from '../../src/domain/permissions.ts';
import { ackSchemas } from '../../src/protocol/acks.ts';
import { type CommandName, commandNames, commandSchemas } from '../../src/protocol/commands.ts';
import { commandErrors } from './command-errors.ts';
import { code, codes, markdownTable } from './markdown.ts';
import { fieldsOf } from './shapes.ts';
import { commandSummaries } from './summaries.ts';

/** Fields of nearly every payload; the text above the tables names them. */
const everywhere = ['roomId', 'commandId'];

const roles = ['member', 'admin', 'owner', 'service'] as const;
type Row = (typeof permissions)[keyof typeof permissions];

const rowOf = (name: CommandName): Row | null =>
  Object.hasOwn(permissions, name) ? permissions[name as keyof typeof permissions] : null;

function whoMay(name: CommandName): string {
  const row = rowOf(name);
  return row ? roles.filter((role) => typeof row[role] !== 'string').join(', ') : '';
}

const payloadOf = (name: CommandName): string => fieldsOf(commandSchemas[name], 'input', everywhere);
const ackOf = (name: CommandName): string => fieldsOf(ackSchemas[name], 'output');

/** What each command does, what it takes and answers, and which roles may give it. */
export const commandTable = (): string =>
  markdownTable(
    ['command', 'what it does', 'payload', 'ack', 'who may'],
    commandNames.map((name) => [code(name), commandSummaries[name], payloadOf(name), ackOf(name), whoMay(name)]),
  );

/** The same for authors of clients: payload, ack and errors. */
export const clientCommandTable = (): string =>
  markdownTable(
    ['command', 'payload', 'ack data', 'errors'],
    commandNames.map((name) => [code(name), payloadOf(name), ackOf(name), codes(commandErrors[name]) || '–']),
  );

/** ROLE-1 off the table of permissions; commands with the same rights share a row. */
export function roleTable(): string {
  const groups = new Map<string, { readonly names: string[]; readonly cells: readonly string[] }>();
  for (const name of Object.keys(permissions) as (keyof typeof permissions)[]) {
    const cells = roles.map((role) => permissionText(permissions[name][role]));
    const group = groups.get(cells.join()) ?? { names: [], cells };
    group.names.push(name);
    groups.set(cells.join(), group);
  }
  return markdownTable(
    ['command', ...roles],
    [...groups.values()].map(({ names, cells }) => [codes(names), ...cells]),
  );
}

function permissionText(permission: Row[(typeof roles)[number]]): string {
  if (permission === true) return '✔';
  if (typeof permission === 'string') return permission === 'FORBIDDEN' ? '✘' : `✘ ${code(permission)}`;
  if ('onlyFields' in permission) return `${codes(permission.onlyFields)} only`;
  const byMode = Object.entries(permission.bySeatMode);
  return byMode.map(([mode, may]) => `${code(mode)}: ${may === true ? '✔' : `✘ ${code(may)}`}`).join('; ');
}
