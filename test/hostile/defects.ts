// Makes invalid payloads of any command, each with one defect, from the command's schema and one valid payload.
import { isFields, isUnion, type Place, placesOf, type Shape, type Specimen, typesOf, variantsOf } from './shapes.ts';

/** A payload that must be refused, and the fields that the refusal may name. */
export interface Defect {
  readonly what: string;
  readonly payload: unknown;
  readonly names: readonly string[];
}

/** One value of each type. */
const ofEachType: readonly (readonly [type: string, value: unknown])[] = [
  ['null', null],
  ['number', 1.5],
  ['integer', 1],
  ['string', 'text'],
  ['string', '1'],
  ['boolean', true],
  ['array', []],
  ['array', [1]],
  ['object', {}],
  ['object', { length: 1 }],
];

function mistyped(shape: Shape): unknown[] {
  const types = typesOf(shape);
  if (!types) return [];
  const fits = (type: string) => types.has(type) || (type === 'integer' && types.has('number'));
  return ofEachType.filter(([type]) => !fits(type)).map(([, value]) => value);
}

/** Texts that are neither an id nor a choice; the last is the Cyrillic letter а, which only looks right. */
const invalidTexts = [
  '',
  'a b',
  '../x',
  '{x}',
  'a:b',
  '*',
  '😀',
  'x'.repeat(64),
  'a\nb',
  'a\n',
  'a\0',
  '\u202e',
  '\ud800',
  'а',
];
/** Fields that hold ids. They accept none of these texts, whatever the pattern of their schema is. */
const ids: ReadonlySet<string> = new Set(['roomId', 'userId', 'commandId', 'messageId', 'to']);
const addresses = ['', 'x', '//x', 'http://example.com/', 'javascript:alert(1)', 'data:text/plain,x', 'https://'];

function wrongTexts({ pattern, enum: choices, const: only, format }: Shape): string[] {
  if (format === 'uri') return addresses;
  if (pattern !== undefined) return invalidTexts.filter((text) => !new RegExp(pattern, 'u').test(text));
  return choices || typeof only === 'string' ? invalidTexts : [];
}

function outOfRange(shape: Shape): unknown[] {
  const { type, minimum, maximum, minLength, maxLength, minItems, maxItems, items } = shape;
  const element = items?.enum?.[0] ?? (items?.type === 'integer' ? 1 : 'x');
  return [
    ...(type === 'integer' ? [0.5, 2 ** 53, -(2 ** 53), 1e300] : []),
    ...(minimum === undefined ? [] : [minimum - 1, -1e308]),
    ...(maximum === undefined ? [] : [maximum + 1, 1e308]),
    ...(minLength ? [''] : []),
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1), 'x'.repeat(maxLength + 5_000)]),
    ...(minItems ? [[]] : []),
    ...(maxItems === undefined ? [] : [Array(maxItems + 1).fill(element), Array(1_000).fill(element)]),
  ];
}

const abbreviated = (value: unknown): string => JSON.stringify(value).slice(0, 40);

/** A value that is wrong for one variant of a union may be right for another, so the schema filters them there. */
function atEachPlace(specimen: Specimen, wrongFor: (shape: Shape) => readonly unknown[]): Defect[] {
  return placesOf(specimen).flatMap(({ path, shape, names, put }) => {
    const values = isUnion(shape)
      ? [...(wrongFor === mistyped ? mistyped(shape) : variantsOf(shape).flatMap(wrongFor))].filter(
          (value) => !specimen.schema.safeParse(put(value)).success,
        )
      : wrongFor(shape);
    return values.map((value) => ({ what: `${path.join('.')} = ${abbreviated(value)}`, payload: put(value), names }));
  });
}

/** One wrong element in an array; the refusal names its index. */
function wrongElements({ path, shape: { items }, put }: Place): Defect[] {
  if (!items) return [];
  return [...mistyped(items), ...wrongTexts(items), ...outOfRange(items)].map((value) => ({
    what: `${path.join('.')}.0 = ${abbreviated(value)}`,
    payload: put([value]),
    names: [[...path, '0'].join('.')],
  }));
}

const tricks = ['__proto__', 'constructor', 'prototype'];

/** An object with its own property of this name; in a literal, `__proto__` would set the prototype instead. */
const tricky = (key: string, rest: object = {}): unknown =>
  Object.defineProperty({ ...rest }, key, { value: { isAdmin: true }, enumerable: true });

const unknownKeys = ['extra', 'isAdmin', 'by', 'fence', 'RoomId', '', 'toString', 'hasOwnProperty'];

/** The deepest nesting that a command may have (CONN-7). */
const DEPTH_MAX = 8;

/** Every kind of defect that a payload can have, with its cases for one command. */
export const kinds: Readonly<Record<string, (specimen: Specimen) => Defect[]>> = {
  'missing field': (specimen) =>
    placesOf(specimen)
      .filter(({ isRequired }) => isRequired)
      .map(({ path, names, drop }) => ({ what: `without ${path.join('.')}`, payload: drop(), names })),
  'unknown field': (specimen) => [
    ...unknownKeys.map((key) => ({ what: `with ${key}`, payload: { ...specimen.payload, [key]: true }, names: [key] })),
    ...placesOf(specimen).flatMap(({ path, value, isClosed, names, put }) =>
      isClosed && isFields(value)
        ? unknownKeys.map((key) => ({
            what: `with ${[...path, key].join('.')}`,
            payload: put({ ...value, [key]: true }),
            names: [[...path, key].join('.'), ...names.slice(1)],
          }))
        : [],
    ),
  ],
  'wrong type': (specimen) => [
    ...atEachPlace(specimen, mistyped),
    ...[null, 7, 'text', true, []].map((payload) => ({ what: abbreviated(payload), payload, names: [''] })),
  ],
  'too long, too many, out of range': (specimen) => atEachPlace(specimen, outOfRange),
  'wrong alphabet or choice': (specimen) => atEachPlace(specimen, wrongTexts),
  'no id': (specimen) =>
    placesOf(specimen)
      .filter(({ path }) => ids.has(path.at(-1) ?? ''))
      .flatMap(({ path, names, put }) =>
        invalidTexts.map((text) => ({ what: `${path.join('.')} = ${abbreviated(text)}`, payload: put(text), names })),
      ),
  'wrong element': (specimen) => placesOf(specimen).flatMap(wrongElements),
  'key that reaches a prototype': (specimen) => [
    ...tricks.map((key) => ({ what: key, payload: tricky(key, specimen.payload), names: [key] })),
    ...placesOf(specimen).flatMap(({ path, put }) =>
      tricks.flatMap((key) => [
        { what: `${path.join('.')}.${key}`, payload: put(tricky(key)), names: [[...path, key].join('.')] },
        {
          what: `${path.join('.')}.0.a.${key}`,
          payload: put([{ a: tricky(key) }]),
          names: [[...path, '0', 'a', key].join('.')],
        },
      ]),
    ),
  ],
  'deep nesting': (specimen) =>
    placesOf(specimen).map(({ path, put }) => ({
      what: `${path.join('.')} = 500 arrays deep`,
      payload: put(JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)),
      names: [[...path, ...Array(DEPTH_MAX - path.length).fill('0')].join('.')],
    })),
};
