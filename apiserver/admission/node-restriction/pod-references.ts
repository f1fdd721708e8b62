import { podReferences } from '../../../api/pod-references.ts';
import type { Pod, Volume, VolumeProjection } from '../../../api/types/core-v1.ts';

/** A volume has one source; those that are not here need nothing of the API. */
const sources: readonly (readonly [keyof Volume, string])[] = [
  ['configMap', 'configmaps (via configmap volumes)'],
  ['secret', 'secrets (via secret volumes)'],
  ['csi', 'csidrivers (via CSI volumes)'],
  ['glusterfs', 'endpoints (via glusterFS volumes)'],
  ['persistentVolumeClaim', 'persistentvolumeclaims'],
  ['ephemeral', 'persistentvolumeclaims (via ephemeral volumes)'],
  ['azureFile', 'secrets (via azureFile volumes)'],
];

const projections: readonly (readonly [keyof VolumeProjection, string])[] = [
  ['configMap', 'configmaps (via projected volumes)'],
  ['secret', 'secrets (via projected volumes)'],
  ['serviceAccountToken', 'serviceaccounts (via projected volumes)'],
];

/** The first kind of object that the pod names; undefined if it names none. */
export function referencedByPod(pod: Pod): string | undefined {
  const { serviceAccountName, resourceClaims = [], volumes = [] } = pod.spec;
  if (serviceAccountName) return 'serviceaccounts';
  const named = new Set<string>(podReferences(pod).map(({ resource }) => resource));
  for (const each of ['secrets', 'configmaps']) if (named.has(each)) return each;
  if (resourceClaims.length > 0) return 'resourceclaims';
  for (const volume of volumes) {
    const found = referencedByVolume(volume);
    if (found !== undefined) return found;
  }
  return undefined;
}

function referencedByVolume(volume: Volume): string | undefined {
  const found = sources.find(([source]) => volume[source] !== undefined);
  if (found !== undefined) return found[1];
  for (const projection of volume.projected?.sources ?? [])
    for (const [source, what] of projections) if (projection[source] !== undefined) return what;
  return undefined;
}
