import type { ComponentStatus } from '../../../api/types/core-v1.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { column, nameColumn } from './cells.ts';

/** Nothing is stored: each is asked how it is when somebody wants to know. */
export const componentStatus = {
  type: {
    group: '',
    version: 'v1',
    resource: 'componentstatuses',
    kind: 'ComponentStatus',
    namespaced: false,
  },
  singular: 'componentstatus',
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  computed: {
    objects: ({ name, components }) =>
      Promise.all(
        components
          .filter((component) => name === undefined || component.name === name)
          .map(async (component) => ({
            apiVersion: 'v1',
            kind: 'ComponentStatus',
            metadata: { name: component.name },
            conditions: [{ type: 'Healthy', ...(await component.check()) }],
          })),
      ),
  },
  printer: {
    columns: [nameColumn, column('Status'), column('Message'), column('Error')],
    cells({ metadata, conditions }) {
      const healthy = conditions?.find(({ type }) => type === 'Healthy');
      const status = healthy?.status === 'True' ? 'Healthy' : 'Unhealthy';
      return [
        metadata.name ?? '',
        healthy === undefined ? 'Unknown' : status,
        healthy?.message ?? '',
        healthy?.error ?? '',
      ];
    },
  },
} satisfies ResourceDeclaration<ComponentStatus>;
