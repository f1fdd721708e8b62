import { nodes } from '../../../../api/resources.ts';
import type { Node } from '../../../../api/types/core-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { statusSubresource } from '../status-subresource.ts';
import { connects } from './connects.ts';
import { printer } from './printer.ts';
import { validate, validateUpdate } from './validation.ts';

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

  selectableFields: {
    'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false),
  },
  printer,
  subresources: [statusSubresource()],
  connects,
} satisfies ResourceDeclaration<Node>;
