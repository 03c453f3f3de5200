// Says in a few characters what a schema takes: `seat?: 0–63`, `policy?: abort | replace | swap`. Must not know any command.
import { z } from 'zod';

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: JsonSchema;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly default?: unknown;
}

/** The fields of an object schema, or of each of a union's; `without` are left out. */
export function fieldsOf(schema: z.ZodType, io: 'input' | 'output', without: readonly string[] = []): string {
  const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
  const unions = json.anyOf ?? json.oneOf ?? [json];
  return [...new Set(unions.map((one) => objectFields(one, without)))].join(' or ');
}

function objectFields({ properties = {}, required = [] }: JsonSchema, without: readonly string[]): string {
  const fields = Object.entries(properties).filter(([name]) => !without.includes(name));
  if (fields.length === 0) return '–';
  return fields
    .map(([name, one]) => `\`${name}${required.includes(name) ? '' : '?'}\` ${shapeOf(one)}`.trim())
    .join(', ');
}

/** Nothing for what a name says by itself: ids, texts without a limit, nested objects. */
function shapeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map(String).join(' | ');
  if (schema.const !== undefined) return String(schema.const);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) {
    // Beside null even what says nothing by itself must be named.
    const shapes = either.map((one) => shapeOf(one) || (one.type ?? 'anything'));
    return [...new Set(shapes)].join(' | ');
  }
  if (schema.type === 'boolean') return 'boolean';
  if (schema.type === 'integer' || schema.type === 'number') return rangeOf(schema.minimum, schema.maximum);
  if (schema.type === 'string' && schema.maxLength !== undefined) return `≤ ${schema.maxLength} characters`;
  if (schema.type === 'array') return schema.maxItems === undefined ? 'list' : `≤ ${schema.maxItems} items`;
  return '';
}

const isBound = (bound: number | undefined): bound is number =>
  bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;

function rangeOf(minimum?: number, maximum?: number): string {
  if (isBound(minimum) && isBound(maximum)) return `${minimum}–${maximum}`;
  return isBound(maximum) ? `≤ ${maximum}` : '';
}
