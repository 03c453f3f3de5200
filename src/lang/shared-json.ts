// JSON of values of which parts are the same for many readers: each such part is turned into text once. Knows nothing of
// what is in them, nor who reads them.

/** The texts of shared values; '' until somebody has asked. A value and its text are forgotten together. */
const texts = new WeakMap<object, string>();

/** Plain objects around shared values are looked through so deep; what lies deeper is turned into text as usual. */
const DEPTH_MAX = 6;

/**
 * Says that this value is going to be sent often and will not change any more, nor anything in it. Returns it.
 */
export function shareJson<Value extends object>(value: Value): Value {
  if (!texts.has(value)) texts.set(value, '');
  return value;
}

/**
 * Exactly JSON.stringify(value), with the shared parts taken from memory. They are found in plain objects within plain
 * objects, and in `value` itself if it is an array.
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
    const part = textOf(value[key], depth - 1);
    // As JSON.stringify does it: what has no text has no key either.
    if (part !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${part}`;
  }
  return `{${text}}`;
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in value);
}
