import type { Binding } from '../../../api/types/core-v1.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { pod } from './pod/declaration.ts';

/** What schedulers posted before pods had the subresource, and some clients still do. */
export const binding = {
  type: { group: '', version: 'v1', resource: 'bindings', kind: 'Binding', namespaced: true },
  singular: 'binding',
  verbs: ['create'],
  actsOn: { type: pod.type, subresource: 'binding' },
} satisfies ResourceDeclaration<Binding>;
