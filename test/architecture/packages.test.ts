// The lockfile: new enough, complete, and without addresses.
import { describe, expect, test } from 'vitest';
import { read } from './tree.ts';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe('packages', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };

  test('[D6] what the hot path and our safety rest on is new enough, whatever the ranges say', () => {
    const least = {
      'engine.io': [6, 6, 12],
      ws: [8, 21, 0],
      'socket.io-parser': [4, 2, 6],
      'socket.io-adapter': [2, 5, 7],
    };
    for (const [name, minimum] of Object.entries(least)) {
      const found = Object.entries(lock.packages).filter(([path]) => path.endsWith(`node_modules/${name}`));
      expect(found.length).toBeGreaterThan(0);
      for (const [, { version = '0' }] of found) {
        const parts = version.split('.').map(Number);
        const newer = parts.findIndex((part, index) => part !== minimum[index]);
        expect(newer === -1 || (parts[newer] ?? 0) > (minimum[newer] ?? 0), `${name} ${version}`).toBe(true);
      }
    }
  });

  test('[D6] the lockfile names versions, not places', () => {
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
    expect(Object.entries(lock.packages).filter(([path, { version }]) => path !== '' && !version)).toEqual([]);
  });

  test('[D6] the lockfile is whole: npm ci refuses one that lacks what a package may need on another platform', () => {
    const present = new Set(Object.keys(lock.packages).map((path) => path.replace(/.*node_modules\//, '')));
    const wanted = Object.values(lock.packages).flatMap((one) =>
      Object.keys({ ...one.dependencies, ...one.optionalDependencies }),
    );
    expect(wanted.filter((name) => !present.has(name))).toEqual([]);
  });
});
