// Whether the server ever uses a word of the protocol: a code that no source outside of protocol writes is reserved.
import { readdirSync, readFileSync } from 'node:fs';

/** Where reasons are given; other folders use some of these words for other things. */
export const ruleFolders = ['src/domain', 'src/rooms', 'src/cluster', 'src/users'] as const;

const cache = new Map<string, readonly string[]>();

/** True when a source below one of the folders writes the word as a text of its own. */
export const isWritten = (word: string, root: string, folders: readonly string[] = ['src']): boolean =>
  folders.some((folder) => sourcesIn(`${root}${folder}`).some((source) => source.includes(`'${word}'`)));

function sourcesIn(folder: string): readonly string[] {
  const sources =
    cache.get(folder) ??
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('protocol'))
      .map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
  cache.set(folder, sources);
  return sources;
}
