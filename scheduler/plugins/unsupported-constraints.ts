import type { Pod } from '../../api/types/core-v1.ts';
import type { EnqueueExtensions, PreFilterPlugin } from '../framework/interface.ts';
import { unresolvable } from '../framework/status.ts';

const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution';

function* unsupportedFields({ spec }: Pod): Generator<string> {
  const { affinity } = spec;
  if (affinity?.podAffinity?.[requiredTerms]?.length)
    yield `spec.affinity.podAffinity.${requiredTerms}`;
  if (affinity?.podAntiAffinity?.[requiredTerms]?.length)
    yield `spec.affinity.podAntiAffinity.${requiredTerms}`;
  for (const [i, { whenUnsatisfiable }] of (spec.topologySpreadConstraints ?? []).entries())
    if (whenUnsatisfiable === 'DoNotSchedule')
      yield `spec.topologySpreadConstraints[${i}].whenUnsatisfiable=DoNotSchedule`;
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    if (volume.persistentVolumeClaim !== undefined)
      yield `spec.volumes[${i}].persistentVolumeClaim`;
    if (volume.ephemeral !== undefined) yield `spec.volumes[${i}].ephemeral`;
  }
  if (spec.resourceClaims?.length) yield 'spec.resourceClaims';
}

/**
 * Refuses pods with demands that no other plugin of the profile checks: placed anyway, they
 * would break a promise their author relies on. Preferences of the same kinds are ignored.
 */
export const unsupportedConstraints: PreFilterPlugin & EnqueueExtensions = {
  name: 'UnsupportedConstraints',
  interests: [],
  preFilter({ pod }) {
    const fields = [...unsupportedFields(pod.pod)];
    if (fields.length === 0) return undefined;
    return unresolvable(`wherry's scheduler does not support ${fields.join(', ')}`);
  },
};
