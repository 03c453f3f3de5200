// Cuts a list into chunks, so that a long one is worked off piece by piece.

/** The items in order, `size` at a time; the last chunk may be shorter. */
export function* chunksOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let index = 0; index < items.length; index += size) yield items.slice(index, index + size);
}
