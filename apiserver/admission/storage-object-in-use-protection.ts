import { groupResource } from '../../api/resource.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
  'volumeattributesclasses.storage.k8s.io': 'kubernetes.io/vac-protection',
};

/** What pods or claims still use is not deleted under them; controllers let go of it. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',

  handles({ operation, type, subresource }: AdmissionAttributes): boolean {
    return (
      operation === 'CREATE' && subresource === '' && Object.hasOwn(finalizers, groupResource(type))
    );
  },

  mutate({ type, object }: AdmissionAttributes): void {
    const finalizer = finalizers[groupResource(type)]!;
    const { metadata } = object!;
    const given = metadata.finalizers ?? [];
    if (!given.includes(finalizer)) metadata.finalizers = [...given, finalizer];
  },
};
