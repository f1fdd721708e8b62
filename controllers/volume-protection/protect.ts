/** A finalizer that stays on an object as long as somebody uses it. */
import { controllerOf, type KubernetesObject, nameOf, uidOf } from '../../api/meta.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts';

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

/** Its node is done with it, or it was deleted by force: only finalizers keep it. */
export function isShutDown({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
}

/**
 * A pod without a node begins nothing with a claim that goes. The claim of an ephemeral volume is
 * its pod's own, and the pod may be waiting for it to go.
 */
export function uses(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec.nodeName) return false;
  return (pod.spec.volumes ?? []).some(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim?.claimName === nameOf(claim)) return true;
    if (ephemeral === undefined || isShutDown(pod)) return false;
    const isIts = controllerOf(claim)?.uid === uidOf(pod);
    return isIts && `${nameOf(pod)}-${name}` === nameOf(claim);
  });
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
