/**
 * Every kind the API server serves by itself. A new kind is one more declaration in this list;
 * custom resources make theirs at run time.
 */
import type { ResourceDeclaration } from '../declaration.ts';
import { configMap } from './configmap.ts';
import { controllerRevision } from './controllerrevision.ts';
import { customResourceDefinition } from './custom-resource-definition.ts';
import { endpoints } from './endpoints.ts';
import { endpointSlice } from './endpointslice.ts';
import { event } from './event.ts';
import { lease } from './lease.ts';
import { namespace } from './namespace.ts';
import { node } from './node/declaration.ts';
import { pod } from './pod/declaration.ts';
import { secret } from './secret.ts';
import { service } from './service/declaration.ts';
import { serviceAccount } from './serviceaccount.ts';
import { deployment } from './workload/deployment.ts';
import { replicaSet } from './workload/replicaset.ts';

export const kinds: readonly ResourceDeclaration[] = [
  configMap,
  endpoints,
  event,
  namespace,
  node,
  pod,
  secret,
  serviceAccount,
  service,
  controllerRevision,
  deployment,
  replicaSet,
  lease,
  endpointSlice,
  customResourceDefinition,
];
