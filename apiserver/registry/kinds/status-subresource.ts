import { EMPTY, setOf, union } from '../../../api/fieldmanager/field-set.ts';
import type { KubernetesObject, Mutable } from '../../../api/meta.ts';
import type { ObjectMeta } from '../../../api/types/meta-v1.ts';
import type { Subresource } from '../declaration.ts';

const KEPT = {
  metadata: setOf('f:metadata'),
  labels: setOf('f:metadata', 'f:labels'),
  life: union(setOf('f:metadata', 'f:deletionTimestamp'), setOf('f:metadata', 'f:ownerReferences')),
};

/** `life`: when it ends, and with whom. */
type Keeps = keyof typeof KEPT;
type WithStatus = KubernetesObject & { readonly status?: unknown };

/**
 * `/status`: the status and the metadata as sent, everything else as stored, and so are what of
 * the metadata the kind's strategy `keeps`. Who applies that owns none of it, or all the same.
 */
export function statusSubresource<T extends WithStatus>(
  options: { readonly keeps?: Keeps; readonly ownsKept?: boolean } = {},
): Subresource<T> {
  const { keeps, ownsKept } = options;
  return {
    name: 'status',
    verbs: ['get', 'update', 'patch'],
    owns: ['status'],
    keeps: keeps === undefined || ownsKept ? EMPTY : KEPT[keeps],
    standsAlone: true,
    write(sent, parent) {
      const { status: _replaced, ...rest } = parent as WithStatus;
      const { status } = sent as WithStatus;
      const metadata = metadataOf(sent.metadata, parent.metadata);
      return { ...rest, metadata, status } as unknown as Mutable<T>;
    },
  };

  function metadataOf(sent: ObjectMeta, own: ObjectMeta): ObjectMeta {
    if (keeps === undefined) return sent;
    if (keeps === 'metadata') return own;
    const { labels, deletionTimestamp, ownerReferences } = own;
    const kept = keeps === 'labels' ? { labels } : { deletionTimestamp, ownerReferences };
    return { ...sent, ...kept } as ObjectMeta;
  }
}
