import type { KubernetesObject, Mutable } from '../../../api/meta.ts';
import type { Subresource } from '../declaration.ts';

type WithStatus = KubernetesObject & { readonly status?: unknown };

/**
 * `/status`: the status and the metadata as sent, everything else as stored. Owner references
 * stay, and labels or all metadata too for kinds whose strategy says so.
 */
export function statusSubresource<T extends WithStatus>(
  options: { readonly keepsLabels?: boolean; readonly keepsMetadata?: boolean } = {},
): Subresource<T> {
  return {
    name: 'status',
    verbs: ['get', 'update', 'patch'],
    owns: ['status'],
    standsAlone: true,
    write(sent, parent) {
      const { ownerReferences: _sent, labels, ...sentMetadata } = sent.metadata;
      const own = parent.metadata;
      const kept = { ownerReferences: own.ownerReferences, labels };
      if (options.keepsLabels) kept.labels = own.labels;
      const { status: _replaced, ...rest } = parent as WithStatus;
      const { status } = sent as WithStatus;
      if (options.keepsMetadata) return { ...rest, metadata: own, status } as unknown as Mutable<T>;
      return { ...rest, metadata: { ...sentMetadata, ...kept }, status } as unknown as Mutable<T>;
    },
  };
}
