// Reads pairs out of flat replies, in which Redis and the scripts send them.

/** The values two by two. */
export function pairsOf(values: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < values.length; index += 2) {
    pairs.push([values[index] as string, values[index + 1] as string]);
  }
  return pairs;
}

/** The fields of a hash, each with its value. */
export const fieldsOf = (values: readonly string[]): ReadonlyMap<string, string> => new Map(pairsOf(values));
