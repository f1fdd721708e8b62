import type { Pod } from '../../api/types/core-v1.ts';
import type { EnqueueExtensions, PreFilterPlugin } from '../framework/interface.ts';
import { unresolvable } from '../framework/status.ts';

function* unsupportedFields({ spec }: Pod): Generator<string> {
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    if (volume.persistentVolumeClaim !== undefined)
      yield `spec.volumes[${i}].persistentVolumeClaim`;
    if (volume.ephemeral !== undefined) yield `spec.volumes[${i}].ephemeral`;
  }
  if (spec.resourceClaims?.length) yield 'spec.resourceClaims';
}

/**
 * Refuses pods with demands that no other plugin of the profile checks: placed anyway, they
 * would break a promise their author relies on.
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
