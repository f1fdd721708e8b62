/** A patch applied here, as the server would: for --local, --dry-run=client and --overrides. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { PatchContent } from './patch.ts';

export async function patchedLocally(
  object: KubernetesObject,
  body: unknown,
  contentType: PatchContent,
): Promise<KubernetesObject> {
  if (contentType === 'application/json-patch+json') {
    const { applyJsonPatch } = await import('../../api/patch/json-patch.ts');
    return applyJsonPatch(object, body) as KubernetesObject;
  }
  if (contentType === 'application/strategic-merge-patch+json') {
    const { definitionOf } = await import('../../api/schema/table.ts');
    const [version = '', group = ''] = object.apiVersion.split('/').reverse();
    const definition = definitionOf({ group, version, kind: object.kind });
    if (definition !== undefined) {
      const { applyStrategicMergePatch } = await import('../../api/patch/strategic-merge-patch.ts');
      return applyStrategicMergePatch(
        definition,
        { ...object },
        body,
      ) as unknown as KubernetesObject;
    }
  }
  const { applyMergePatch } = await import('../../api/patch/merge-patch.ts');
  return applyMergePatch(object, body) as KubernetesObject;
}
