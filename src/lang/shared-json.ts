// JSON for values that are sent to many recipients and have parts in common. Each shared part is turned into text once.

/** The texts of shared values; '' until a text is needed. A text is collected together with its value. */
const texts = new WeakMap<object, string>();

/** How many levels of plain objects are searched for shared values; deeper levels are turned into text as usual. */
const DEPTH_MAX = 6;

/** Marks a value that is sent often. Neither the value nor anything in it may change from now on. Returns it. */
export function shareJson<Value extends object>(value: Value): Value {
  if (!texts.has(value)) texts.set(value, '');
  return value;
}

/**
 * The same text as JSON.stringify(value), but the texts of shared parts are remembered. Shared parts are found in plain
 * objects, at most six levels deep, and as items of `value` if it is an array.
 */
export function jsonOf(value: unknown): string | undefined {
  if (!Array.isArray(value)) return textOf(value, DEPTH_MAX);
  return `[${Array.from(value, (item) => textOf(item, DEPTH_MAX) ?? 'null').join(',')}]`;
}

function textOf(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const known = texts.get(value);
  if (known === undefined) return depth > 0 && isPlain(value) ? textOfPlain(value, depth) : JSON.stringify(value);
  if (known !== '') return known;
  const text = JSON.stringify(value) as string | undefined;
  if (text !== undefined) texts.set(value, text);
  return text;
}

function textOfPlain(value: Readonly<Record<string, unknown>>, depth: number): string {
  let text = '';
  for (const key of Object.keys(value)) {
    const item = textOf(value[key], depth - 1);
    // As in JSON.stringify: a value without a text loses its key, too.
    if (item !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${item}`;
  }
  return `{${text}}`;
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in value);
}
