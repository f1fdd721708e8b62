/** A finalizer that stays on an object as long as somebody uses it. */
import type { KubernetesObject } from '../../api/meta.ts';

export type Protection = 'add' | 'remove' | 'leave';

export function planProtection(
  { metadata }: KubernetesObject,
  finalizer: string,
  inUse: boolean,
): Protection {
  const has = metadata.finalizers?.includes(finalizer) ?? false;
  if (metadata.deletionTimestamp === undefined) return has ? 'leave' : 'add';
  return has && !inUse ? 'remove' : 'leave';
}

export function withFinalizers<T extends KubernetesObject>(
  object: T,
  finalizer: string,
  protection: 'add' | 'remove',
): T {
  const before = object.metadata.finalizers ?? [];
  const finalizers =
    protection === 'add' ? [...before, finalizer] : before.filter((each) => each !== finalizer);
  return { ...object, metadata: { ...object.metadata, finalizers } };
}
