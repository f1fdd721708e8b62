import { services } from '../../../../api/resources.ts';
import type { Service } from '../../../../api/types/core-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { statusSubresource } from '../status-subresource.ts';
import {
  applyDefaults,
  dropForeignFields,
  followClusterIP,
  keepAllocated,
  mirrorClusterIP,
} from './defaults.ts';
import { connects } from './connects.ts';
import { printer } from './printer.ts';
import { release, reserve } from './reserve.ts';
import { validate } from './validation.ts';
import { validateStatus } from './validation-status.ts';
import { warnings } from './warnings.ts';
import { oddBalancerAddresses } from '../load-balancer-warnings.ts';

export const service = {
  type: services,
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  storagePrefix: 'services/specs',
  nameRule: 'label1035',
  hasStatus: true,
  allowCreateOnUpdate: true,
  returnsDeletedObject: true,

  applyDefaults,
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
    mirrorClusterIP(object.spec);
  },
  prepareForUpdate(object, old) {
    keepAllocated(object.spec, old.spec);
    followClusterIP(object.spec, old.spec);
    dropForeignFields(object.spec, old.spec);
    if (object.spec.type !== 'LoadBalancer') object.status = { ...object.status, loadBalancer: {} };
  },
  validate,
  warnings,
  reserve,
  release,

  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  printer,
  subresources: [
    {
      ...statusSubresource<Service>(),
      validateUpdate: validateStatus,
      warnings: ({ status }) => oddBalancerAddresses(status?.loadBalancer?.ingress),
    },
  ],
  connects,
} satisfies ResourceDeclaration<Service>;
