// Describes a schema in a few characters: `seat?` 0–63, `policy?` abort | replace | swap (abort), `joined?` member[].
import { z } from 'zod';
import { closingCodes } from '../../src/protocol/errors.ts';
import { idPattern } from '../../src/protocol/ids.ts';
import { chatMessageSchema, messageEventSchemas } from '../../src/protocol/messages.ts';
import { roomEntrySchema } from '../../src/protocol/pages.ts';
import { updateSchema } from '../../src/protocol/room-events.ts';
import { grantSchema, memberSchema, roomSnapshotSchema, youSchema } from '../../src/protocol/snapshot.ts';
import {
  invitationSchema,
  occupantSchema,
  reasonSchema,
  requestSchema,
  seatSchema,
  settingsSchema,
} from '../../src/protocol/stage.ts';

/** The shapes with a name; a field that holds one shows the name instead of its fields. */
export const namedShapes: Readonly<Record<string, z.ZodType>> = {
  room: roomSnapshotSchema,
  settings: settingsSchema,
  you: youSchema,
  seat: seatSchema,
  occupant: occupantSchema,
  request: requestSchema,
  invitation: invitationSchema,
  member: memberSchema,
  message: messageEventSchemas['room:messages'].shape.messages.element,
  chatMessage: chatMessageSchema,
  update: updateSchema,
  grant: grantSchema,
  entry: roomEntrySchema,
};

/** Enumerations with a table of their own. */
const namedEnums: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['one of the closing codes', closingCodes],
  ['one of the reasons', reasonSchema.options],
];

interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: JsonSchema;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly default?: unknown;
}

/** Longer objects show as `{…}` inside a field. */
const NESTED_FIELDS_MAX = 5;

/** The fields of an object schema, or of each member of a union; `without` are left out. */
export function fieldsOf(schema: z.ZodType, io: 'input' | 'output', without: readonly string[] = []): string {
  const json = z.toJSONSchema(schema, { io, unrepresentable: 'any', metadata: nameRegistry() }) as JsonSchema;
  const resolved = json.$ref ? (json.$defs?.[nameOf(json.$ref)] ?? json) : json;
  const members = resolved.anyOf ?? resolved.oneOf ?? [resolved];
  return [...new Set(members.map((member) => memberFields(member, without)))].join(' or ');
}

const memberFields = (member: JsonSchema, without: readonly string[]): string =>
  member.$ref ? `the fields of ${nameOf(member.$ref)}` : objectFields(member, without);

/** Made for each call: zod keeps the ids of a registry unique. */
function nameRegistry() {
  const registry = z.registry<{ id: string }>();
  for (const [name, schema] of Object.entries(namedShapes)) registry.add(schema, { id: name });
  registry.add(updateSchema.shape.events.unwrap().element, { id: 'event' });
  return registry;
}

const nameOf = (ref: string): string => ref.replace('#/$defs/', '');

function objectFields({ properties = {}, required = [] }: JsonSchema, without: readonly string[]): string {
  const fields = Object.entries(properties).filter(([name]) => !without.includes(name));
  if (fields.length === 0) return '–';
  return fields
    .map(([name, field]) => {
      const shape = shapeOf(field);
      const isOptional = !required.includes(name);
      return `\`${name}${isOptional ? '?' : ''}\` ${shape === name ? '' : shape}${defaultOf(field)}`.trim();
    })
    .join(', ');
}

/** Empty for what a name says by itself: ids, texts without a limit, free JSON. */
function shapeOf(schema: JsonSchema): string {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.enum) return enumOf(schema.enum.map(String));
  if (schema.const !== undefined) return String(schema.const);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return eitherOf(either);
  if (Array.isArray(schema.type)) return schema.type.join(' | ');
  if (schema.type === 'boolean') return 'boolean';
  if (schema.type === 'integer' || schema.type === 'number') return rangeOf(schema.minimum, schema.maximum);
  if (schema.type === 'string' && schema.maxLength !== undefined) return `≤ ${schema.maxLength} characters`;
  if (schema.type === 'array') return listOf(schema);
  if (schema.properties) return nestedOf(schema);
  return '';
}

const enumOf = (values: readonly string[]): string =>
  namedEnums.find(([, named]) => named.join() === values.join())?.[0] ?? values.join(' | ');

/** Beside null even a shape that says nothing by itself gets a name. */
function eitherOf(either: readonly JsonSchema[]): string {
  const shapes = either.map((one) => shapeOf(one) || (typeof one.type === 'string' ? one.type : 'anything'));
  return [...new Set(shapes)].join(' | ');
}

function listOf({ items, maxItems }: JsonSchema): string {
  const limit = maxItems === undefined ? '' : ` (≤ ${maxItems})`;
  if (!items || items.anyOf || items.oneOf) return `list${limit}`;
  const item = items.pattern === idPattern.source ? 'id' : shapeOf(items) || (items.pattern ? '' : 'string');
  return item === '' || item.includes(' ')
    ? `${item.startsWith('{') ? `[${item}]` : 'list'}${limit}`
    : `${item}[]${limit}`;
}

function nestedOf({ properties = {}, required = [] }: JsonSchema): string {
  const names = Object.keys(properties);
  if (names.length === 0) return '';
  if (names.length > NESTED_FIELDS_MAX) return variantOf(names, required);
  return `{ ${names.map((name) => `${name}${required.includes(name) ? '' : '?'}`).join(', ')} }`;
}

/** A named shape with further fields, such as `request` with a `position`, or one whose fields are all optional. */
function variantOf(names: readonly string[], required: readonly string[]): string {
  for (const [name, schema] of Object.entries(namedShapes)) {
    const own = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    const further = names.filter((one) => !own.includes(one));
    if (own.length === 0 || own.length + further.length !== names.length) continue;
    if (further.length > 0) return `${name} with ${further.join(', ')}`;
    return required.length === 0 ? `some of the ${name}` : name;
  }
  return '{…}';
}

/** In parentheses. Empty texts, lists and objects say nothing. */
function defaultOf({ default: value }: JsonSchema): string {
  const isSilent = value === undefined || value === '' || (typeof value === 'object' && value !== null);
  return isSilent ? '' : ` (${String(value)})`;
}

const isBound = (bound: number | undefined): bound is number =>
  bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;

function rangeOf(minimum?: number, maximum?: number): string {
  if (isBound(minimum) && isBound(maximum)) return `${minimum}–${maximum}`;
  return isBound(maximum) ? `≤ ${maximum}` : '';
}
