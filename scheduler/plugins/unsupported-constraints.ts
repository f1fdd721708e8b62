import type { EnqueueExtensions, PreFilterPlugin } from '../framework/interface.ts';
import { unresolvable } from '../framework/status.ts';

/**
 * Refuses pods with demands that no other plugin of the profile checks: placed anyway, they
 * would break a promise their author relies on.
 */
export const unsupportedConstraints: PreFilterPlugin & EnqueueExtensions = {
  name: 'UnsupportedConstraints',
  interests: [],
  preFilter({ pod }) {
    if (!pod.pod.spec.resourceClaims?.length) return undefined;
    return unresolvable("wherry's scheduler does not support spec.resourceClaims");
  },
};
