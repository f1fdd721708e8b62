import type { KubernetesObject } from '../../api/meta.ts';
import { parseYamlDocuments } from '../../api/yaml.ts';
import { patchedLocally } from '../resource/local-patch.ts';
import { UsageError } from '../usage-error.ts';
import type { Patch } from './kustomization.ts';
import { groupVersion, idOf, isSelected, namesOf, type Open, type Resource } from './resource.ts';
import { sameNamespace } from './resource.ts';

/** Applies a patch to all that it is about; those that it deletes leave the list. */
export async function applyPatch(
  all: Resource[],
  patch: Patch,
  read: (path: string) => Promise<string>,
): Promise<void> {
  if ((patch.path === undefined) === (patch.patch === undefined)) {
    throw new UsageError('exactly one of patch and path is to be given for a patch');
  }
  const text = patch.patch ?? (await read(patch.path!));
  for (const document of parseYamlDocuments(text, 'kustomize')) {
    if ('error' in document) {
      throw new UsageError(`unable to parse SM or JSON patch from ${text}: ${document.error}`);
    }
    const { value } = document;
    if (value === null || value === undefined) continue;
    await (Array.isArray(value)
      ? applyJson(all, value, patch)
      : applyMerge(all, value as Open, patch));
  }
}

async function applyJson(all: Resource[], operations: unknown[], patch: Patch): Promise<void> {
  const { target } = patch;
  if (target === undefined) throw new UsageError('must specify a target for JSON patch');
  for (const resource of all.filter((one) => isSelected(one, target))) {
    const contentType = 'application/json-patch+json';
    replace(resource, await patchedLocally(resource.object, operations, contentType), patch);
  }
}

async function applyMerge(all: Resource[], body: Open, patch: Patch): Promise<void> {
  const { target } = patch;
  const found =
    target === undefined
      ? all.filter((resource) => isNamed(resource, body))
      : all.filter((resource) => isSelected(resource, target));
  if (found.length === 0 && target === undefined) {
    const id = idOf(body);
    throw new UsageError(
      `no resource matches strategic merge patch ${JSON.stringify(id)}: no matches for Id ${id}; ` +
        `failed to find unique target for patch ${id}`,
    );
  }
  for (const resource of found) {
    if ((body as { $patch?: string }).$patch === 'delete') {
      all.splice(all.indexOf(resource), 1);
      continue;
    }
    // A target says what is meant; the patch's own name need not be the object's.
    const { metadata, kind, apiVersion, ...rest } = body;
    const { name, namespace: _, ...others } = metadata ?? {};
    const renames = patch.options?.allowNameChange === true && name !== undefined;
    const changes = {
      ...rest,
      ...(patch.options?.allowKindChange === true && kind ? { kind, apiVersion } : {}),
      metadata: { ...others, ...(renames ? { name } : {}) },
    };
    const contentType = 'application/strategic-merge-patch+json';
    replace(resource, await patchedLocally(resource.object, changes, contentType), patch);
  }
}

function replace(resource: Resource, after: KubernetesObject, { options }: Patch): void {
  const { name } = resource.object.metadata;
  const object = structuredClone(after) as Open;
  if (!options?.allowNameChange && name !== undefined) object.metadata.name = name;
  resource.object = object;
}

function isNamed(resource: Resource, body: Open): boolean {
  const [own, wanted] = [groupVersion(resource.object), groupVersion(body)];
  return (
    resource.object.kind === body.kind &&
    own.group === wanted.group &&
    namesOf(resource).some(
      ({ name, namespace }) =>
        name === body.metadata?.name &&
        sameNamespace(namespace, body.metadata.namespace ?? namespace),
    )
  );
}
