import type { KubernetesObject } from '../../api/meta.ts';
import { parseYaml } from '../../api/yaml.ts';
import { UsageError } from '../usage-error.ts';

export interface KustomizePatch {
  readonly path?: string;
  readonly patch?: string;
  readonly target?: {
    readonly group?: string;
    readonly version?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly namespace?: string;
  };
}

/** The object after all patches that are about it; undefined if one deletes it. */
export async function patched(
  object: KubernetesObject,
  patches: readonly KustomizePatch[],
  read: (path: string) => Promise<string>,
): Promise<KubernetesObject | undefined> {
  let result = object;
  for (const entry of patches) {
    const text = entry.patch ?? (entry.path === undefined ? undefined : await read(entry.path));
    if (text === undefined) throw new UsageError('must specify patch or path in a patch');
    const patch = parseYaml(text);
    if (!isAbout(entry, patch, result)) continue;
    if (Array.isArray(patch)) {
      const { applyJsonPatch } = await import('../../api/patch/json-patch.ts');
      result = applyJsonPatch(result, patch) as KubernetesObject;
      continue;
    }
    if ((patch as { $patch?: string }).$patch === 'delete') return undefined;
    result = await merged(result, patch as object);
  }
  return result;
}

function isAbout(entry: KustomizePatch, patch: unknown, object: KubernetesObject): boolean {
  const [version, group = ''] = object.apiVersion.split('/').reverse();
  const { target } = entry;
  if (target === undefined) {
    const { kind, metadata } = patch as KubernetesObject;
    return kind === object.kind && metadata.name === object.metadata.name;
  }
  const fits = (pattern: string | undefined, value: string | undefined): boolean =>
    pattern === undefined || new RegExp(`^(?:${pattern})$`).test(value ?? '');
  return (
    fits(target.group, group) &&
    fits(target.version, version) &&
    fits(target.kind, object.kind) &&
    fits(target.name, object.metadata.name) &&
    fits(target.namespace, object.metadata.namespace)
  );
}

async function merged(object: KubernetesObject, patch: object): Promise<KubernetesObject> {
  const { definitionOf } = await import('../../api/schema/table.ts');
  const [version = '', group = ''] = object.apiVersion.split('/').reverse();
  const type = { group, version, kind: object.kind };
  const definition = definitionOf(type);
  if (definition === undefined) {
    const { applyMergePatch } = await import('../../api/patch/merge-patch.ts');
    return applyMergePatch(object, patch) as KubernetesObject;
  }
  const { applyStrategicMergePatch } = await import('../../api/patch/strategic-merge-patch.ts');
  // A target says what is meant; the patch's own name need not be the object's.
  const { metadata, ...rest } = patch as KubernetesObject;
  const { name: _, ...others } = metadata ?? {};
  return applyStrategicMergePatch(
    definition,
    { ...object },
    {
      ...rest,
      metadata: others,
    },
  ) as unknown as KubernetesObject;
}
