import { isObject } from '../../api/deep.ts';
import type { PatchType } from '../../api/patch/patch-field.ts';
import { applyPatchOfType } from '../../api/patch/strategic-merge-patch.ts';
import { parseYaml, parseYamlDocuments } from '../../api/yaml.ts';
import { patchedLocally } from '../resource/local-patch.ts';
import { UsageError } from '../usage-error.ts';
import { kindOf, kindText } from './kinds.ts';
import type { Patch } from './kustomization.ts';
import type { PatchTypes } from './open-api.ts';
import { patchedFirst } from './patched-first.ts';
import {
  allIds,
  idOf,
  isSelected,
  type Open,
  placeOf,
  remember,
  type Resource,
  sameId,
} from './resource.ts';
import type { Selector } from './selector.ts';

export interface PatchSource {
  readonly read: (path: string) => Promise<string>;
  readonly patchTypes: PatchTypes;
}

/** An entry of `patches`: merges or a JSON patch. What it deletes leaves the list. */
export async function applyPatch(all: Resource[], patch: Patch, from: PatchSource): Promise<void> {
  const { read, patchTypes } = from;
  const { target, path } = patch;
  const inline = (patch.patch ?? '').trim();
  if (inline === '' && !path) throw new UsageError('must specify one of patch and path');
  if (inline !== '' && path) {
    throw new UsageError("patch and path can't be set at the same time");
  }
  const source = inline === '' ? `[path: "${path}"]` : `[patch: ${JSON.stringify(inline)}]`;
  const values = valuesIn(inline === '' ? await read(path!) : inline, source);
  if (values.some((value) => Array.isArray(value))) {
    if (target === undefined) {
      throw new UsageError(`must specify a target for JSON patch ${source}`);
    }
    return applyJson(all, values[0], { target, remembers: true });
  }
  const merges = values as Open[];
  if (target !== undefined && merges.length > 1) {
    throw new UsageError(
      'Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set ' +
        `\`patches.target\` field: ${source}`,
    );
  }
  for (const merge of merges) {
    const found =
      target === undefined
        ? [named(all, merge, true)]
        : all.filter((resource) => isSelected(resource, target));
    for (const resource of found) {
      await applyMerge(all, resource, { merge, patchTypes, options: patch.options ?? {} });
    }
  }
}

/** The documents of a patch. Throws UsageError if it is neither merges nor a JSON patch. */
function valuesIn(text: string, source: string): readonly unknown[] {
  const documents = parseYamlDocuments(text, 'kustomize');
  const values = documents.flatMap((document) =>
    'error' in document ? [undefined] : document.value === null ? [] : [document.value],
  );
  const isMerge = (value: unknown): boolean =>
    isObject(value) && typeof value['kind'] === 'string' && isObject(value['metadata']);
  if (values.length > 0 && values.every((value) => Array.isArray(value) || isMerge(value))) {
    return values;
  }
  throw new UsageError(`unable to parse SM or JSON patch from ${source}`);
}

/** An entry of `patchesJson6902`: `text` is JSON or YAML. */
export async function applyJsonPatchOf(
  all: Resource[],
  text: string,
  target: Selector,
): Promise<void> {
  const operations = parseYaml(text);
  if (!Array.isArray(operations) || operations.length === 0) {
    throw new UsageError(`patch appears to be empty; JsonOp=${text}`);
  }
  await applyJson(all, operations, { target, remembers: false });
}

async function applyJson(
  all: Resource[],
  operations: unknown,
  { target, remembers }: { readonly target: Selector; readonly remembers: boolean },
): Promise<void> {
  for (const resource of all.filter((one) => isSelected(one, target))) {
    if (remembers) remember(resource);
    const contentType = 'application/json-patch+json';
    const after = await patchedLocally(resource.object, operations, contentType);
    resource.object = structuredClone(after) as Open;
  }
}

/** Merges of `patchesStrategicMerge`: the text itself, or a file's. */
export async function applyMerges(
  all: Resource[],
  text: string,
  { read, patchTypes }: PatchSource,
): Promise<void> {
  if (text === '') return;
  const isInline = parseYamlDocuments(text).some((one) => 'value' in one && isObject(one.value));
  const content = isInline ? text : await read(text);
  for (const merge of valuesIn(content, isInline ? text : `[path: "${text}"]`)) {
    const resource = named(all, merge as Open, false);
    await applyMerge(all, resource, { merge: merge as Open, patchTypes, options: {} });
  }
}

/** The one object that a merge names. */
function named(all: readonly Resource[], merge: Open, tells: boolean): Resource {
  const kind = kindOf(merge);
  const { name = '', namespace } = merge.metadata;
  const id = { ...kind, name, namespace: placeOf(kind, namespace) };
  const found = all.filter((resource) => allIds(resource).some((other) => sameId(other, id)));
  if (found.length === 1) return found[0]!;
  const shown = idOf(merge);
  const why = found.length === 0 ? 'no matches' : 'multiple matches';
  throw new UsageError(
    (tells ? `no resource matches strategic merge patch ${JSON.stringify(shown)}: ` : '') +
      `${why} for Id ${shown}; failed to find unique target for patch ${shown}`,
  );
}

interface Merge {
  readonly merge: Open;
  readonly patchTypes: PatchTypes;
  readonly options: NonNullable<Patch['options']>;
}

async function applyMerge(all: Resource[], resource: Resource, how: Merge): Promise<void> {
  const { merge, patchTypes, options } = how;
  if ((merge as { $patch?: string }).$patch === 'delete') {
    all.splice(all.indexOf(resource), 1);
    return;
  }
  const { allowNameChange = false, allowKindChange = false } = options;
  if (allowNameChange || allowKindChange) remember(resource);
  // A target says what is meant; the patch's own name need not be the object's.
  const { metadata, kind, apiVersion, ...rest } = merge;
  const { name, namespace: _, ...others } = metadata;
  const changes = {
    ...rest,
    ...(allowKindChange ? { kind, apiVersion } : {}),
    metadata: { ...others, ...(allowNameChange && name ? { name } : {}) },
  };
  const { object } = resource;
  const type = patchTypes.get(kindText(kindOf(object))) ?? (await builtInType(object));
  if (type === undefined) {
    const after = await patchedLocally(object, changes, 'application/merge-patch+json');
    resource.object = structuredClone(after) as Open;
    return;
  }
  const after = structuredClone(applyPatchOfType(type, { ...object }, changes));
  patchedFirst(after, changes, type);
  resource.object = after as Open;
}

async function builtInType({ apiVersion, kind }: Open): Promise<PatchType> {
  const { definitionOf } = await import('../../api/schema/table.ts');
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const definition = definitionOf({ group, version, kind });
  return definition && { shape: 'message', name: `${definition.module}.${definition.name}` };
}
