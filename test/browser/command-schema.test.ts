// The page's form for any command: fields from the server's description, and payloads from values. No network.
import { expect, test } from 'vitest';
import { describeSockets } from '../../src/http/asyncapi.ts';
import { commandNames, commandSchemas } from '../../src/protocol/commands.ts';

interface Field {
  readonly name: string;
  readonly kind: string;
  readonly isRequired: boolean;
  readonly options: readonly string[];
  readonly hint: string;
}
type Values = Readonly<Record<string, string | boolean>>;

/** The exports of the page's module, which is plain JavaScript without types. */
interface CommandSchema {
  commandsOf(document: object): { name: string; fields: Field[] }[];
  fieldsOf(schema: object): Field[];
  payloadOf(
    fields: readonly Field[],
    values: Values,
  ): { payload: Record<string, unknown>; problems: Record<string, string> };
}

const address = new URL('../../src/console/command-schema.js', import.meta.url).href;
const { commandsOf, fieldsOf, payloadOf } = (await import(/* @vite-ignore */ address)) as CommandSchema;

const commands = commandsOf(describeSockets('1'));
const fieldsFor = (name: string) => commands.find((one) => one.name === name)?.fields ?? [];
const kinds = (name: string) => Object.fromEntries(fieldsFor(name).map((field) => [field.name, field.kind]));

test('[HTTP-5] the form offers every command that the server has, as the server describes it', () => {
  expect(commands.map(({ name }) => name)).toEqual(commandNames);
  expect(commands.filter(({ fields }) => fields.length === 0)).toEqual([]);
});

test('[HTTP-5] fields follow from the schema: texts, numbers, checkboxes, selects, JSON; required fields come first', () => {
  expect(kinds('mic:set')).toEqual({ roomId: 'text', on: 'checkbox', commandId: 'text' });
  expect(kinds('seat:pick')).toMatchObject({ seat: 'number', policy: 'select' });
  expect(kinds('member:kick')).toMatchObject({ banMs: 'number' });
  expect(kinds('room:create')).toMatchObject({
    ...{ password: 'secret', cover: 'json', tags: 'json', ownerSeat: 'json', attributes: 'json' },
    ...{ priority: 'select', seatMode: 'select', seatCount: 'number' },
  });
  const pick = fieldsFor('seat:pick');
  expect(pick.map(({ name, isRequired }) => [name, isRequired])).toEqual([
    ['roomId', true],
    ['userId', true],
    ['seat', true],
    ['policy', false],
    ['commandId', false],
  ]);
  expect(pick.find(({ name }) => name === 'policy')).toMatchObject({ options: ['', 'abort', 'replace', 'swap'] });
  expect(pick.find(({ name }) => name === 'seat')?.hint).toBe('0–63');
  expect(fieldsFor('room:create').find(({ name }) => name === 'priority')).toMatchObject({
    options: ['', 'true', 'false'],
    hint: 'default false',
  });
});

test('[HTTP-5] a command of several shapes is one form: a select tells them apart, and fields that differ are JSON', () => {
  const fields = fieldsFor('message:send');
  expect(kinds('message:send')).toEqual({ roomId: 'text', kind: 'select', body: 'json', commandId: 'text' });
  expect(fields.find(({ name }) => name === 'kind')?.options).toEqual(['', 'chat', 'reaction', 'gift', 'custom']);
  expect(fields.filter(({ isRequired }) => isRequired).map(({ name }) => name)).toEqual(['roomId', 'kind', 'body']);
  expect(fields.find(({ name }) => name === 'body')?.hint).toContain('{ text: string, mentions?: [string, …] }');
});

test('[HTTP-5] the values become a payload that the server accepts', () => {
  const filled = payloadOf(fieldsFor('room:create'), {
    ...{ title: '歌房', seatCount: '4', seatMode: 'free', priority: 'true', notice: '""' },
    ...{ ownerSeat: 'null', tags: '["k歌"]', attributes: '{"theme":"blue"}', roomId: '', commandId: '' },
  });
  expect(filled).toEqual({
    payload: {
      ...{ title: '歌房', seatCount: 4, seatMode: 'free', priority: true, notice: '' },
      ...{ ownerSeat: null, tags: ['k歌'], attributes: { theme: 'blue' } },
    },
    problems: {},
  });
  expect(commandSchemas['room:create'].safeParse(filled.payload).success).toBe(true);
  expect(payloadOf(fieldsFor('mic:set'), { roomId: 'r', on: false }).payload).toEqual({ roomId: 'r', on: false });
});

test('[HTTP-5] an empty field is left out, required or not; invalid JSON and numbers are problems of their fields', () => {
  const filled = payloadOf(fieldsFor('message:send'), { roomId: '', kind: 'chat', body: '{"text": ' });
  expect(filled.payload).toEqual({ kind: 'chat' });
  expect(filled.problems).toEqual({ body: expect.stringContaining('This is not JSON') });
  const taken = payloadOf(fieldsFor('seat:take'), { roomId: 'r', seat: 'one' });
  expect(taken).toEqual({ payload: { roomId: 'r' }, problems: { seat: 'This is not a number.' } });
  expect(payloadOf(fieldsFor('seat:take'), { seat: ' ' }).problems).toHaveProperty('seat');
});

test('[HTTP-5] shapes that no command has today become fields as well', () => {
  const [anything, either] = fieldsOf({
    properties: { data: {}, either: { anyOf: [{ type: 'string' }, { const: 7 }] } },
  });
  expect(anything).toMatchObject({ kind: 'json', hint: 'JSON: anything', isRequired: false });
  expect(either).toMatchObject({ kind: 'json', hint: 'JSON: string or 7' });
  expect(fieldsOf({ type: 'object' })).toEqual([]);
});
