/**
 * Every kind the API server serves by itself. A new kind is one more declaration in this list;
 * custom resources make theirs at run time.
 */
import type { ResourceDeclaration } from '../declaration.ts';
import { configMap } from './configmap.ts';
import { event } from './event.ts';
import { lease } from './lease.ts';
import { namespace } from './namespace.ts';
import { node } from './node/declaration.ts';
import { pod } from './pod/declaration.ts';

export const kinds: readonly ResourceDeclaration[] = [
  namespace,
  configMap,
  pod,
  node,
  event,
  lease,
];
