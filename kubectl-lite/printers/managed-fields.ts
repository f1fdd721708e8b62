import type { KubernetesObject } from '../../api/meta.ts';

/** managedFields are for machines: an object, or a list of them, without. */
export function withoutManagedFields(value: unknown): unknown {
  const object = value as KubernetesObject & { items?: unknown };
  if (Array.isArray(object.items)) {
    return { ...object, items: object.items.map(withoutManagedFields) };
  }
  if (object.metadata?.managedFields === undefined) return value;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
