// The fields of any schema, read from the JSON Schema that zod makes of it.
import { z } from 'zod';

/** The part of JSON Schema that the schemas of the protocol use. */
export interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export type Fields = Readonly<Record<string, unknown>>;

/** A command's schema and a payload that fits it. */
export interface Specimen {
  readonly schema: z.ZodType;
  readonly payload: Fields;
}

/** A field of the payload or of an object within it. */
export interface Place {
  readonly path: readonly string[];
  readonly shape: Shape;
  readonly isRequired: boolean;
  /** The value of the payload there. */
  readonly value: unknown;
  /** Whether the schema lists the fields of the object there; a record of free keys accepts any. */
  readonly isClosed: boolean;
  /** The fields that a refusal may name: this one, or a union around it. */
  readonly names: readonly string[];
  /** The payload with this value there. */
  readonly put: (value: unknown) => unknown;
  /** The payload without the field. */
  readonly drop: () => unknown;
}

export const variantsOf = (shape: Shape): readonly Shape[] => shape.anyOf ?? shape.oneOf ?? [shape];
export const isUnion = (shape: Shape): boolean => (shape.anyOf ?? shape.oneOf) !== undefined;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All fields that the schema lists for such a payload; a record of free keys has none. */
export function placesOf({ schema, payload }: Specimen): Place[] {
  const walk = (object: Shape, value: Fields, outer: Pick<Place, 'path' | 'names' | 'put'>): Place[] => {
    const { properties = {}, required = [] } = variantFor(object, value);
    return Object.entries(properties).flatMap(([key, shape]) => {
      const path = [...outer.path, key];
      const place: Place = {
        path,
        shape,
        isRequired: required.includes(key),
        value: value[key],
        isClosed: isFields(value[key]) && variantFor(shape, value[key]).properties !== undefined,
        names: [path.join('.'), ...(isUnion(object) ? outer.names : [])],
        put: (next) => outer.put({ ...value, [key]: next }),
        drop: () => outer.put(Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))),
      };
      const inner = value[key];
      return [place, ...(isFields(inner) ? walk(shape, inner, place) : [])];
    });
  };
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  return walk(shape, payload, { path: [], names: [''], put: (next) => next });
}

/** The variant of a union that these fields belong to. */
const variantFor = (shape: Shape, value: Fields): Shape =>
  variantsOf(shape).find(
    ({ properties, required = [] }) =>
      properties !== undefined &&
      required.every((key) => Object.hasOwn(value, key)) &&
      Object.entries(properties).every(([key, one]) => one.const === undefined || one.const === value[key]),
  ) ?? {};

/** The types a value of this field may have, as JSON Schema calls them; null for any type. */
export function typesOf(shape: Shape): ReadonlySet<string> | null {
  if (isUnion(shape)) {
    const inner = variantsOf(shape).map(typesOf);
    return inner.includes(null) ? null : new Set(inner.flatMap((types) => [...(types ?? [])]));
  }
  return shape.type === undefined ? null : new Set([shape.type]);
}
