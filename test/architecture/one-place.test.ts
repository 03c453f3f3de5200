// What lives in one place only: clock, randomness, environment, output, Redis keys, exported names.
import { describe, expect, test } from 'vitest';
import { read, source } from './tree.ts';

describe('one place only', () => {
  /** Code without comments and texts, so that they may speak of what they must not do. */
  const codeOf = (file: string) =>
    read(file)
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\/\/.*$/gm, '')
      .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");

  test.each([
    [/\bDate\.now\b|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b/, /^src\/ops\/clock\.ts$/],
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
});
