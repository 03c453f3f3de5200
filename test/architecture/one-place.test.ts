// Things that have one place only: clock, randomness, environment, output, Redis keys, exported names.
import { describe, expect, test } from 'vitest';
import { read, source } from './tree.ts';

describe('one place only', () => {
  /** Code without comments and strings: these may name what the code must not use. */
  const codeOf = (file: string) =>
    read(file)
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\/\/.*$/gm, '')
      .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");

  test.each([
    [/\bDate\.now\b|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b/, /^src\/ops\/clock\.ts$/],
    [/\bsetImmediate\b|\bprocess\.nextTick\b/, /^src\/ops\/clock\.ts$/],
    [/\bsystemClock\b/, /^src\/(ops\/clock|app|engines|main)\.ts$/],
    [/\bMath\.random\b/, /^$/],
    [/\brandom(Bytes|Int|UUID)\b/, /^src\/ops\/random\.ts$/],
    [/\bprocess\.env\b/, /^src\/config\.ts$/],
    [/\bconsole\./, /^$/],
    [/\bprocess\.(exit|exitCode|stdout|stderr)\b/, /^src\/main\.ts$/],
  ])('[D7] %s', (pattern, home) => {
    const users = source.filter((file) => pattern.test(codeOf(file)));
    expect(users.filter((file) => !home.test(file))).toEqual([]);
  });

  test('[TREE] keys and channels are built in redis/keys.ts alone', () => {
    const builders = source.filter((file) => /\$\{prefix\}|['`]mw:/.test(read(file)));
    expect(builders).toEqual(['src/redis/keys.ts']);
  });

  test('[TREE] an exported name stands once in src', () => {
    // Re-exports (`export type { X } from`) name something that another file declares; they are not declarations.
    const declaration = /^export (?:async )?(?:abstract )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
    const files = new Map<string, string[]>();
    for (const file of source) {
      // Overloads and a type beside its value stand in one file, which is fine.
      const names = new Set([...read(file).matchAll(declaration)].map(([, name]) => name as string));
      for (const name of names) files.set(name, [...(files.get(name) ?? []), file]);
    }
    expect(files.size).toBeGreaterThan(500);
    expect(Object.fromEntries([...files].filter(([, homes]) => homes.length > 1))).toEqual({});
  });
});
