// Commands as /asyncapi.json describes them: a schema becomes fields, and the values of the fields become a payload. It
// works for any command of the server.
// @ts-check

/** @typedef {Record<string, any>} Schema A JSON Schema (draft 2020-12), as far as the protocol uses it. */
/** @typedef {'text' | 'secret' | 'number' | 'checkbox' | 'select' | 'json'} FieldKind */
/**
 * @typedef {object} Field
 * @property {string} name
 * @property {FieldKind} kind
 * @property {boolean} isRequired
 * @property {string[]} options The options of a select; with the empty one the field is not sent.
 * @property {string} hint Bounds, default and shape in a few words.
 */
/** @typedef {{ name: string, fields: Field[] }} CommandDescription */
/** @typedef {{ payload: Record<string, unknown>, problems: Record<string, string> }} Filled */

const secrets = new Set(['password', 'token']);
const booleans = ['true', 'false'];
/** Longer descriptions of a shape are cut. */
const SHAPE_CHARS_MAX = 90;

/**
 * Every command of the description, in its order.
 * @param {Schema} document An AsyncAPI 3 document; the operations that the server receives are the commands.
 * @returns {CommandDescription[]}
 */
export function commandsOf(document) {
  return Object.values(document.operations ?? {})
    .filter((/** @type {Schema} */ operation) => operation.action === 'receive')
    .map((/** @type {Schema} */ operation) => {
      const { name, payload } = resolve(document, operation.messages[0].$ref);
      return { name, fields: fieldsOf(payload) };
    });
}

/** @type {(document: Schema, ref: string) => Schema} */
const resolve = (document, ref) =>
  ref
    .split('/')
    .slice(1)
    .reduce((part, key) => part[key], document);

/**
 * The fields of a payload, the required ones first.
 * @param {Schema} schema
 * @returns {Field[]}
 */
export function fieldsOf(schema) {
  const { properties = {}, required = [] } = merged(schema);
  const fields = Object.entries(properties).map(([name, part]) => fieldOf(name, part, required.includes(name)));
  const rank = (/** @type {Field} */ { name, isRequired }) => (name === 'commandId' ? 2 : isRequired ? 0 : 1);
  return fields.sort((a, b) => rank(a) - rank(b));
}

/**
 * One object for several alternatives. A field that all of them require is required; a field that differs among them
 * becomes a select or JSON.
 * @param {Schema} schema
 * @returns {Schema}
 */
function merged(schema) {
  const variants = alternativesOf(schema);
  if (variants.length === 0) return schema;
  const names = [...new Set(variants.flatMap(({ properties = {} }) => Object.keys(properties)))];
  const partsOf = (/** @type {string} */ name) => variants.flatMap(({ properties = {} }) => properties[name] ?? []);
  return {
    properties: Object.fromEntries(names.map((name) => [name, united(partsOf(name))])),
    required: names.filter((name) => variants.every(({ required = [] }) => required.includes(name))),
  };
}

/** @type {(schema: Schema) => Schema[]} */
const alternativesOf = ({ oneOf, anyOf }) => oneOf ?? anyOf ?? [];

/**
 * @param {Schema[]} parts
 * @returns {Schema}
 */
function united(parts) {
  const texts = new Set(parts.map((part) => JSON.stringify(part)));
  if (texts.size === 1) return /** @type {Schema} */ (parts[0]);
  if (parts.every((part) => typeof part.const === 'string')) return { enum: parts.map((part) => part.const) };
  return { anyOf: parts };
}

/** @type {(name: string, schema: Schema, isRequired: boolean) => Field} */
function fieldOf(name, schema, isRequired) {
  const kind = secrets.has(name) && schema.type === 'string' ? 'secret' : kindOf(schema, isRequired);
  const values = schema.enum?.map(String) ?? (schema.type === 'boolean' ? booleans : []);
  const options = kind === 'select' ? ['', ...values] : [];
  return { name, kind, isRequired, options, hint: hintOf(schema, kind) };
}

/** @type {(schema: Schema, isRequired: boolean) => FieldKind} */
function kindOf(schema, isRequired) {
  if (schema.enum) return 'select';
  // A checkbox has two states, and "not sent" would be a third.
  if (schema.type === 'boolean') return isRequired ? 'checkbox' : 'select';
  if (schema.type === 'string') return 'text';
  const parts = [schema, ...alternativesOf(schema)].filter(({ type }) => type !== undefined);
  const isNumber = (/** @type {Schema} */ { type }) => type === 'integer' || type === 'number';
  return parts.length > 0 && parts.every(isNumber) ? 'number' : 'json';
}

/** @type {(schema: Schema, kind: FieldKind) => string} */
function hintOf(schema, kind) {
  const shape = kind === 'json' ? [`JSON: ${shortened(shapeOf(schema))}`] : kind === 'number' ? boundsOf(schema) : [];
  const length = schema.maxLength === undefined ? [] : [`${schema.minLength ?? 0}–${schema.maxLength} characters`];
  const preset = schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`];
  return [...shape, ...length, ...preset].join(' · ');
}

/** @type {(schema: Schema) => string[]} */
function boundsOf(schema) {
  const bounds = [schema, ...alternativesOf(schema)].flatMap((part) => [part.minimum, part.maximum, part.const]);
  const numbers = bounds.filter((bound) => typeof bound === 'number');
  if (numbers.length === 0) return [];
  const highest = Math.max(...numbers);
  return [`${Math.min(...numbers)}–${highest === Number.MAX_SAFE_INTEGER ? '' : highest.toLocaleString('en-GB')}`];
}

/**
 * The shape of a schema in short: `{ text: string, mentions?: [string] }`.
 * @param {Schema} schema
 * @returns {string}
 */
function shapeOf(schema) {
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return [...new Set(alternatives.map(shapeOf))].join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((/** @type {unknown} */ value) => JSON.stringify(value)).join(' or ');
  if (schema.type === 'array') return `[${shapeOf(schema.items ?? {})}, …]`;
  if (schema.type !== 'object') return schema.type ?? 'anything';
  if (!schema.properties) return `{ key: ${shapeOf(schema.additionalProperties ?? {})} }`;
  const pairs = Object.entries(schema.properties).map(
    ([name, part]) => `${name}${schema.required?.includes(name) ? '' : '?'}: ${shapeOf(part)}`,
  );
  return `{ ${pairs.join(', ')} }`;
}

/** @type {(text: string) => string} */
const shortened = (text) => (text.length > SHAPE_CHARS_MAX ? `${text.slice(0, SHAPE_CHARS_MAX)}…` : text);

/**
 * The values as a payload, and the fields with invalid values. An empty field is left out, even if it is required, so
 * that a user can try what the server answers. The server checks bounds for the same reason.
 * @param {readonly Field[]} fields
 * @param {Readonly<Record<string, string | boolean>>} values Texts, and the states of checkboxes.
 * @returns {Filled}
 */
export function payloadOf(fields, values) {
  /** @type {Filled} */
  const filled = { payload: {}, problems: {} };
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined || value === '') continue;
    try {
      filled.payload[field.name] = typeof value === 'boolean' ? value : read(field, value);
    } catch (error) {
      filled.problems[field.name] = error instanceof Error ? error.message : String(error);
    }
  }
  return filled;
}

/**
 * @param {Field} field
 * @param {string} text
 * @returns {unknown}
 */
function read({ kind, options }, text) {
  if (kind === 'json') return parsed(text);
  if (kind === 'select') return options.includes('true') ? text === 'true' : text;
  if (kind === 'number') {
    const number = Number(text);
    if (text.trim() === '' || !Number.isFinite(number)) throw new Error('This is not a number.');
    return number;
  }
  return text === '""' ? '' : text;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
