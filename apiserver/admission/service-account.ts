import type { Mutable } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

/**
 * Pods run as the service account `default` unless they say otherwise. Token volumes and the
 * check that the account exists belong to this plugin too and come with service account tokens.
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',

  handles({ operation, type, subresource }: AdmissionAttributes): boolean {
    return (
      operation === 'CREATE' && type.group === '' && type.resource === 'pods' && subresource === ''
    );
  },

  mutate({ object }: AdmissionAttributes): void {
    const spec = (object as Mutable<Pod>).spec as Mutable<Pod['spec']> | undefined;
    if (spec === undefined || spec === null || spec.serviceAccountName) return;
    spec.serviceAccountName = spec.serviceAccount ?? 'default';
    spec.serviceAccount = spec.serviceAccountName;
  },
};
