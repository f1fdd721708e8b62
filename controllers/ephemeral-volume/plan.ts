import { type Draft, keyOf, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimTemplate,
  Pod,
} from '../../api/types/core-v1.ts';
import { controllerReference } from '../runtime/claim.ts';

export interface VolumesPlan {
  /** Claims to make, each for a volume of that name; those before the one that is stuck. */
  readonly missing: readonly {
    readonly volume: string;
    readonly claim: Draft<PersistentVolumeClaim>;
  }[];
  /** Why the next volume gets no claim, nor any after it. */
  readonly problem?: string;
}

/** `find`: a claim of the pod's namespace, by its name. */
export function planVolumes(
  pod: Pod,
  find: (name: string) => PersistentVolumeClaim | undefined,
): VolumesPlan {
  // One that has ended keeps its claims until it is deleted.
  if (pod.metadata.deletionTimestamp !== undefined) return { missing: [] };
  const missing = [];
  for (const { name: volume, ephemeral } of pod.spec.volumes ?? []) {
    const template = ephemeral?.volumeClaimTemplate;
    if (template === undefined) continue;
    const name = `${nameOf(pod)}-${volume}`;
    const found = find(name);
    if (found === undefined) missing.push({ volume, claim: claimOf(pod, name, template) });
    else if (!isOwned(found, pod)) {
      const why = `PVC ${keyOf(found)} was not created for pod ${keyOf(pod)} (pod is not owner)`;
      return { missing, problem: `ephemeral volume ${volume}: ${why}` };
    }
  }
  return { missing };
}

function claimOf(
  pod: Pod,
  name: string,
  { metadata: { labels, annotations } = {}, spec }: PersistentVolumeClaimTemplate,
): Draft<PersistentVolumeClaim> {
  return {
    metadata: {
      namespace: namespaceOf(pod),
      name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerReference(pod)],
    },
    spec,
  };
}

/** Somebody else's claim of that name must not be taken for the pod's. */
function isOwned({ metadata }: PersistentVolumeClaim, pod: Pod): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ uid, controller }) => controller === true && uid === uidOf(pod),
  );
}
