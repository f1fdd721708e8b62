import type { Mutable } from '../../api/meta.ts';
import type { Service } from '../../api/types/core-v1.ts';
import { isAbout } from './about.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';

/** External IPs let a namespace's user take over traffic to any address (CVE-2020-8554). */
export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',

  handles(attributes: AdmissionAttributes): boolean {
    const { operation } = attributes;
    return (operation === 'CREATE' || operation === 'UPDATE') && isAbout(attributes, 'services');
  },

  validate(attributes: AdmissionAttributes): void {
    const ipsOf = (service: Service | undefined): readonly string[] =>
      service?.spec.externalIPs ?? [];
    const before = ipsOf(attributes.oldObject as Service | undefined);
    const added = ipsOf(attributes.object as Mutable<Service>).some((ip) => !before.includes(ip));
    if (added)
      throw admissionForbidden(attributes, 'Use of external IPs is denied by admission control.');
  },
};
