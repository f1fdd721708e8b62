import type { Mutable } from '../../api/meta.ts';
import type { Pod, Toleration } from '../../api/types/core-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

const TOLERATION_SECONDS = 300;
const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const;

/** Pods stay five minutes on a node that is not ready or unreachable, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',

  handles({ operation, type, subresource }: AdmissionAttributes): boolean {
    return (
      operation !== 'DELETE' && type.group === '' && type.resource === 'pods' && subresource === ''
    );
  },

  mutate({ object }: AdmissionAttributes): void {
    const spec = (object as Mutable<Pod>).spec as Mutable<Pod['spec']> | undefined;
    if (spec === undefined || spec === null) return;
    const given = Array.isArray(spec.tolerations) ? spec.tolerations : [];
    const missing = KEYS.filter((key) => !given.some((toleration) => covers(toleration, key)));
    if (missing.length === 0) return;
    spec.tolerations = [
      ...given,
      ...missing.map((key) => ({
        key,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: TOLERATION_SECONDS,
      })),
    ];
  },
};

function covers({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === taint || key === '') && (effect === 'NoExecute' || effect === '');
}
