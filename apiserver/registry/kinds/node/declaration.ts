import { nodes } from '../../../../api/resources.ts';
import type { Node } from '../../../../api/types/core-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { statusSubresource } from '../status-subresource.ts';
import { connects } from './connects.ts';
import { printer } from './printer.ts';
import { validate, validateUpdate } from './validation.ts';
import { oddRange } from '../../../../api/validation/odd-addresses.ts';
import { roundAmounts } from '../../../../api/quantity.ts';

export const node = {
  type: nodes,
  singular: 'node',
  shortNames: ['no'],
  storagePrefix: 'minions',
  hasStatus: true,
  keepsStatusOnCreate: true,

  applyDefaults(object) {
    const spec = (object.spec ??= {});
    const first = spec.podCIDRs?.[0];
    if (!spec.podCIDR) {
      if (first !== undefined) spec.podCIDR = first;
    } else if (first !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
    const { status } = object;
    for (const each of [status?.capacity, status?.allocatable]) roundAmounts(each);
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  },
  /** Dynamic kubelet configuration is gone; nodes that have one keep it. */
  prepareForCreate({ spec, status }) {
    delete spec?.configSource;
    delete status?.config;
  },
  prepareForUpdate({ spec }, { spec: old }) {
    if (old?.configSource === undefined) delete spec?.configSource;
  },
  validate,
  validateUpdate,
  warnings({ spec = {} }) {
    const { configSource, externalID, podCIDRs = [] } = spec;
    const unused = 'spec.externalID: this field is deprecated, and is unused by Kubernetes';
    return [
      ...(configSource ? ['spec.configSource: the feature is removed'] : []),
      ...(externalID ? [unused] : []),
      ...podCIDRs.flatMap((range, i) => oddRange(range, `spec.podCIDRs[${i}]`)),
    ];
  },

  selectableFields: {
    'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false),
  },
  printer,
  subresources: [statusSubresource()],
  connects,
} satisfies ResourceDeclaration<Node>;
