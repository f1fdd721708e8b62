import type { Mutable } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { isAbout } from './about.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** One pod must not keep all others off a whole zone. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',

  handles(attributes: AdmissionAttributes): boolean {
    const { operation } = attributes;
    return (operation === 'CREATE' || operation === 'UPDATE') && isAbout(attributes, 'pods');
  },

  validate(attributes: AdmissionAttributes): void {
    const { affinity } = (attributes.object as Mutable<Pod>).spec;
    const terms = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const wide = terms.find(({ topologyKey }) => topologyKey !== HOSTNAME);
    if (wide === undefined) return;
    throw admissionForbidden(
      attributes,
      'affinity.PodAntiAffinity.RequiredDuringScheduling has ' +
        `TopologyKey ${wide.topologyKey} but only key ${HOSTNAME} is allowed`,
    );
  },
};
