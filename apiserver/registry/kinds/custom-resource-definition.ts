import type { CustomResourceDefinition } from '../../../api/types/apiextensions-v1.ts';
import type { ResourceDeclaration } from '../declaration.ts';

/**
 * Read-only: there are no custom resources yet, and creating a definition is refused (405). Served
 * all the same because kubectl lists the definitions before it says that it does not know a kind.
 */
export const customResourceDefinition = {
  type: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    resource: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
  },
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  verbs: ['get', 'list', 'watch'],
  storagePrefix: 'apiextensions.k8s.io/customresourcedefinitions',
  printer: {
    columns: [
      { name: 'Name', type: 'string', format: 'name' },
      { name: 'Created At', type: 'date' },
    ],
    cells: ({ metadata }) => [metadata.name ?? '', metadata.creationTimestamp ?? ''],
  },
} satisfies ResourceDeclaration<CustomResourceDefinition>;
