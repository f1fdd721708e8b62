import type { Mutable } from '../../api/meta.ts';
import type { Node } from '../../api/types/core-v1.ts';
import { isCreateOf } from './about.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

const KEY = 'node.kubernetes.io/not-ready';
const EFFECT = 'NoSchedule';

/**
 * A new node takes no pods until the node lifecycle controller has seen that it is ready: else
 * pods could be faster than the taints of its conditions.
 */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',

  handles(attributes: AdmissionAttributes): boolean {
    return isCreateOf(attributes, 'nodes');
  },

  mutate({ object }: AdmissionAttributes): void {
    const node = object as Mutable<Node>;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === KEY && effect === EFFECT)) return;
    node.spec = { ...node.spec, taints: [...taints, { key: KEY, effect: EFFECT }] };
  },
};
