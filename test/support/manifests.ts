/** A valid object of every kind, with as many fields as one object may have. */
import { readdirSync, readFileSync } from 'node:fs';
import { parseYamlDocuments } from '../../api/yaml.ts';
import { apiVersionOf, resourcePath } from '../../api/resource.ts';
import type { ResourceDeclaration } from '../../apiserver/registry/declaration.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly finalizers?: readonly string[] };
  readonly [field: string]: unknown;
}

const folder = new URL('./manifests/', import.meta.url);

export const manifests: readonly Manifest[] = readdirSync(folder)
  .sort()
  .flatMap((name) => documents(readFileSync(new URL(name, folder), 'utf8')) as Manifest[]);

function documents(text: string): unknown[] {
  return parseYamlDocuments(text).map((document) => {
    if ('error' in document) throw new Error(document.error);
    return document.value;
  });
}

export interface Refusal {
  readonly title: string;
  readonly manifest: Manifest;
  /** 'Pod "x" is invalid: spec.containers: Required value' */
  readonly message: string;
}

interface RefusalEntry {
  /** Named "x" if it has no name. */
  readonly manifest: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata?: object;
  };
  /** What follows "is invalid: " in the answer. */
  readonly refusal: string;
}

function refusalOf({ manifest: { apiVersion, kind, ...body }, refusal }: RefusalEntry): Refusal {
  const manifest = { ...body, apiVersion, kind, metadata: { name: 'x', ...body.metadata } };
  // Every Event is one of the core group to those who judge it.
  const inCore = !apiVersion.includes('/') || kind === 'Event';
  const group = inCore ? '' : `.${apiVersion.split('/')[0]}`;
  return {
    title: `${kind} ${JSON.stringify(body).slice(0, 60)}`,
    manifest,
    message: `${kind}${group} ${JSON.stringify(manifest.metadata.name)} is invalid: ${refusal}`,
  };
}

const entries = documents(readFileSync(new URL('./refusals.yaml', import.meta.url), 'utf8'));

/** Manifests that are wrong, each with what a client is told. */
export const refusals: readonly Refusal[] = (entries as RefusalEntry[]).map(refusalOf);

/** Where objects like this one live; a namespaced one in `default`. */
export function collectionOf(
  kinds: readonly ResourceDeclaration[],
  of: { readonly apiVersion: string; readonly kind: string },
): string {
  const declaration = kinds.find(
    ({ type }) => apiVersionOf(type) === of.apiVersion && type.kind === of.kind,
  );
  if (declaration === undefined) throw new Error(`${of.apiVersion} ${of.kind} is not served`);
  return resourcePath(declaration.type, { namespace: 'default' });
}
