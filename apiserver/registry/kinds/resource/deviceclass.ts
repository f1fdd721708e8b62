import type { DeviceClass } from '../../../../api/types/resource-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, nameColumn } from '../cells.ts';
import { validateList } from './lists.ts';
import { validateConfiguration, validateSelectors } from './selectors.ts';

const MAX_CONFIGURATIONS = 32;

export const deviceClass = {
  type: {
    group: 'resource.k8s.io',
    version: 'v1',
    resource: 'deviceclasses',
    kind: 'DeviceClass',
    namespaced: false,
  },
  singular: 'deviceclass',
  returnsDeletedObject: true,
  hasGeneration: true,
  prepareForCreate: ({ spec }) => delete (spec as typeof spec | undefined)?.extendedResourceName,
  validate({ spec }) {
    const { selectors, config } = (spec as typeof spec | undefined) ?? {};
    return [
      ...validateSelectors(selectors, 'spec.selectors'),
      ...validateList(config, 'spec.config', {
        most: MAX_CONFIGURATIONS,
        item: validateConfiguration,
      }),
    ];
  },
  printer: {
    columns: [nameColumn, ageColumn],
    cells: (object, nowMs) => [object.metadata.name ?? '', age(object, nowMs)],
  },
} satisfies ResourceDeclaration<DeviceClass>;
