// `kubectl kustomize k8s/base`, as an operator types it: it works, and its output says the same as the files.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { base, parseManifests, readBase } from './manifests.ts';

test('[OPS-4] kubectl kustomize makes of the base what its files say', () => {
  const made = execFileSync('kubectl', ['kustomize', base], { encoding: 'utf8', timeout: 30_000 });
  expect(parseManifests(made)).toEqual(parseManifests(readBase()));
});
