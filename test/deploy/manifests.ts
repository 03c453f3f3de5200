// Reads k8s/base, or kustomize's output of it, into checked objects. Throws for an object that does not fit its schema.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { type Kind, kustomizationSchema, type Manifest, manifestSchemas } from './manifest-schemas.ts';

export const base = fileURLToPath(new URL('../../k8s/base', import.meta.url));

export type Manifests = { readonly [Name in Kind]: Manifest<Name> };

/** Every object, checked by the schema of its kind. Throws for a kind without a schema, and for two of one kind. */
export function parseManifests(text: string): Manifests {
  const manifests: Record<string, unknown> = {};
  for (const document of parseAllDocuments(text, { uniqueKeys: true })) {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw problem;
    const object = document.toJS() as { kind?: string } | null;
    const kind = object?.kind ?? '';
    if (!Object.hasOwn(manifestSchemas, kind)) throw new Error(`no schema for the kind "${kind}"`);
    if (manifests[kind] !== undefined) throw new Error(`two objects of the kind ${kind}`);
    manifests[kind] = manifestSchemas[kind as Kind].parse(object);
  }
  return manifests as Manifests;
}

/** The files of kustomization.yaml as one text. */
export function readBase(): string {
  const [kustomization] = parseAllDocuments(readFileSync(`${base}/kustomization.yaml`, 'utf8'));
  const { resources } = kustomizationSchema.parse(kustomization?.toJS());
  return resources.map((name) => readFileSync(`${base}/${name}`, 'utf8')).join('\n---\n');
}
