import type { Mutable } from '../../api/meta.ts';
import type { Pod, PodSpec } from '../../api/types/core-v1.ts';
import { isAbout } from './about.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { mergeTolerations } from './merge-tolerations.ts';

const isExtended = (name: string): boolean =>
  name.includes('/') && !name.includes('kubernetes.io/');

/** Who asks for a device may run where only its users may. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',

  handles(attributes: AdmissionAttributes): boolean {
    const { operation } = attributes;
    return (operation === 'CREATE' || operation === 'UPDATE') && isAbout(attributes, 'pods');
  },

  mutate({ object }: AdmissionAttributes): void {
    const spec = (object as Mutable<Pod>).spec as Mutable<PodSpec> | undefined;
    if (spec === undefined) return;
    const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
    const names = new Set(
      containers
        .flatMap(({ resources }) => Object.keys(resources?.requests ?? {}))
        .filter(isExtended),
    );
    if (names.size === 0) return;
    const added = [...names]
      .sort()
      .map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' }));
    const merged = mergeTolerations(spec.tolerations ?? [], added);
    spec.tolerations = merged.map((toleration) => ({ ...toleration }));
  },
};
