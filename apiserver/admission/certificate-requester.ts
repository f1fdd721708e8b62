import { deepCopy } from '../../api/deep.ts';
import type { Mutable } from '../../api/meta.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

/** Signers decide by who asked, so the server says it, whatever the client sent. */
export const certificateRequester: AdmissionPlugin = {
  name: 'CertificateRequester',

  handles({ operation, type, subresource }: AdmissionAttributes): boolean {
    return (
      operation === 'CREATE' &&
      type.group === 'certificates.k8s.io' &&
      type.resource === 'certificatesigningrequests' &&
      subresource === ''
    );
  },

  mutate({ object, user }: AdmissionAttributes): void {
    const { spec } = object as Mutable<CertificateSigningRequest>;
    delete spec.extra;
    delete spec.uid;
    spec.username = user.name;
    if (user.uid !== undefined) spec.uid = user.uid;
    spec.groups = [...user.groups];
    if (user.extra !== undefined) spec.extra = deepCopy(user.extra) as Mutable<typeof user.extra>;
  },
};
