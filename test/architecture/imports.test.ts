// The order of imports: every folder of `src` has a rank, imports go down, engines are chosen in one place.
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderOf, type Import, importsOf, inner, source } from './tree.ts';

/** The folders of `src`, the lowest first: a file imports from its own folder and from those above it in this list. */
const ranks = [
  'lang',
  'protocol',
  'domain',
  'ops',
  'rtc',
  'auth',
  'store',
  'delivery',
  'redis',
  'feed',
  'store/memory',
  'store/redis',
  'cluster/lease',
  'rooms/contract',
  'rooms/recovery',
  'rooms/turns',
  'rooms/chat',
  'rooms/audience',
  'rooms/live',
  'rooms/membership',
  'rooms/commands',
  'cluster',
  'rooms',
  'users',
  'transport',
  'http',
  'http/routes',
  'src',
];

/** Names of files that are engines: only the composition root may import them from another folder. */
const engineWord = /-(memory|redis|agora|p2p|none|jwt|socketio)\.ts$/;
const composition = ['src/app.ts', 'src/engines.ts'];

describe('imports', () => {
  test('[TREE] a folder of rooms, cluster, users, feed or delivery has at most 14 files', () => {
    const folders = ranks.filter((folder) => /^(rooms|cluster|users|feed|delivery)/.test(folder));
    const crowded = folders.filter((folder) => source.filter((file) => folderOf(file) === folder).length > 14);
    expect(crowded).toEqual([]);
  });

  test('[TREE] every folder has a rank', () => {
    expect([...new Set(source.map(folderOf))].sort()).toEqual([...ranks].sort());
  });

  test('[TREE] go down the ranks, or stay within a folder', () => {
    const rank = (file: string) => ranks.indexOf(folderOf(file));
    expect(inner.filter(({ from, to }) => rank(to) > rank(from))).toEqual([]);
  });

  test('[TREE] lang and protocol import nothing of ours but themselves', () => {
    const foreign = ({ from, to }: Import) =>
      ['lang', 'protocol'].includes(folderOf(from)) && folderOf(from) !== folderOf(to);
    expect(inner.filter(foreign)).toEqual([]);
  });

  test('[TREE] transport and http do not meet', () => {
    const isHttp = (file: string) => folderOf(file).startsWith('http');
    expect(inner.filter(({ from, to }) => isHttp(from) && folderOf(to) === 'transport')).toEqual([]);
  });

  test('[TREE] engines are chosen in the composition root alone', () => {
    const outside = inner.filter(
      ({ from, to }) => engineWord.test(to) && !composition.includes(from) && dirname(from) !== dirname(to),
    );
    expect(outside).toEqual([]);
    // The folder transport is Socket.IO throughout: it has no contracts.
    const byContracts = inner.filter(
      ({ from, to }) =>
        engineWord.test(to) && !engineWord.test(from) && !composition.includes(from) && folderOf(from) !== 'transport',
    );
    expect(byContracts).toEqual([]);
  });

  test('[TREE] have no cycle', () => {
    const next = new Map(source.map((file) => [file, inner.filter(({ from }) => from === file).map(({ to }) => to)]));
    const done = new Set<string>();
    const walk = (file: string, path: string[]): string[] | null => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return null;
      for (const to of next.get(file) ?? []) {
        const cycle = walk(to, [...path, file]);
        if (cycle) return cycle;
      }
      done.add(file);
      return null;
    };
    for (const file of source) expect(walk(file, [])).toBeNull();
  });

  test.each([
    [/^socket\.io(-parser)?$/, /^src\/transport\//],
    [/^@socket\.io\/redis-adapter$/, /^src\/transport\//],
    [/^ws$/, /^src\/transport\//],
    [/^(fastify|@fastify\/.*)$/, /^src\/http\//],
    [/^ioredis$/, /^src\/redis\//],
    [/^agora-token/, /^src\/rtc\//],
    [/^jose$/, /^src\/auth\//],
    [/^rate-limiter-flexible$/, /^src\/transport\/rate-limit\.ts$/],
    [/^pino$/, /^src\/ops\/logger\.ts$/],
    [/^prom-client$/, /^src\/ops\/metrics\.ts$/],
    [/^close-with-grace$/, /^src\/main\.ts$/],
  ])('[TREE] %s has one home', (name, home) => {
    const users = source.filter((file) => importsOf(file).some((to) => name.test(to)));
    expect(users.length).toBeGreaterThan(0);
    expect(users.filter((file) => !home.test(file))).toEqual([]);
  });
});
