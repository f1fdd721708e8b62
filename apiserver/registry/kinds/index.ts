/**
 * Every kind the API server serves by itself. A new kind is one more declaration in this list;
 * custom resources make theirs at run time.
 */
import type { ResourceDeclaration } from '../declaration.ts';
import { horizontalPodAutoscaler } from './autoscaling/autoscaler.ts';
import { horizontalPodAutoscalerV1 } from './autoscaling/v1.ts';
import { cronJob } from './batch/cronjob.ts';
import { job } from './batch/job.ts';
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
import { podDisruptionBudget } from './poddisruptionbudget.ts';
import { priorityClass } from './priorityclass.ts';
import { secret } from './secret.ts';
import { service } from './service/declaration.ts';
import { serviceAccount } from './serviceaccount.ts';
import { daemonSet } from './workload/daemonset.ts';
import { deployment } from './workload/deployment.ts';
import { replicaSet } from './workload/replicaset.ts';
import { replicationController } from './workload/replicationcontroller.ts';
import { statefulSet } from './workload/statefulset.ts';

export const kinds: readonly ResourceDeclaration[] = [
  configMap,
  endpoints,
  event,
  namespace,
  node,
  pod,
  replicationController,
  secret,
  serviceAccount,
  service,
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  statefulSet,
  horizontalPodAutoscaler,
  horizontalPodAutoscalerV1,
  cronJob,
  job,
  podDisruptionBudget,
  priorityClass,
  lease,
  endpointSlice,
  customResourceDefinition,
];
