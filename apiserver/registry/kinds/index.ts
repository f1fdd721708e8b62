/**
 * Every kind the API server serves by itself. A new kind is one more declaration in this list;
 * custom resources make theirs at run time.
 */
import type { ResourceDeclaration } from '../declaration.ts';
import {
  mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
} from './admission/policies.ts';
import {
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
} from './admission/webhooks.ts';
import { apiService } from './apiregistration/apiservice.ts';
import { horizontalPodAutoscaler } from './autoscaling/autoscaler.ts';
import { horizontalPodAutoscalerV1 } from './autoscaling/v1.ts';
import { cronJob } from './batch/cronjob.ts';
import { job } from './batch/job.ts';
import { certificateSigningRequest } from './certificates/signingrequest.ts';
import { componentStatus } from './componentstatus.ts';
import { binding } from './binding.ts';
import { configMap } from './configmap.ts';
import { controllerRevision } from './controllerrevision.ts';
import { customResourceDefinition } from './extensions/definition.ts';
import { endpoints } from './endpoints.ts';
import { endpointSlice } from './endpointslice.ts';
import { event } from './event.ts';
import { eventV1 } from './event-v1.ts';
import { flowSchema } from './flowcontrol/flowschema.ts';
import { priorityLevelConfiguration } from './flowcontrol/prioritylevel.ts';
import { lease } from './lease.ts';
import { nodeMetrics, podMetrics } from './metrics/metrics.ts';
import { namespace } from './namespace.ts';
import { ingress } from './networking/ingress.ts';
import { ingressClass } from './networking/ingressclass.ts';
import { ipAddress } from './networking/ipaddress.ts';
import { networkPolicy } from './networking/networkpolicy.ts';
import { serviceCidr } from './networking/servicecidr.ts';
import { node } from './node/declaration.ts';
import { pod } from './pod/declaration.ts';
import { podDisruptionBudget } from './poddisruptionbudget.ts';
import { priorityClass } from './priorityclass.ts';
import { limitRange } from './quota/limitrange.ts';
import { resourceQuota } from './quota/resourcequota.ts';
import { clusterRoleBinding, roleBinding } from './rbac/bindings.ts';
import { clusterRole, role } from './rbac/roles.ts';
import { deviceClass } from './resource/deviceclass.ts';
import { resourceClaim } from './resource/resourceclaim.ts';
import { resourceClaimTemplate } from './resource/resourceclaimtemplate.ts';
import { resourceSlice } from './resource/resourceslice.ts';
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
} from './reviews/access.ts';
import { selfSubjectReview, tokenReview } from './reviews/identity.ts';
import { runtimeClass } from './runtimeclass.ts';
import { secret } from './secret.ts';
import { service } from './service/declaration.ts';
import { serviceAccount } from './serviceaccount.ts';
import { csiDriver, csiNode, csiStorageCapacity } from './storage/csi.ts';
import { persistentVolume } from './storage/persistentvolume.ts';
import { persistentVolumeClaim } from './storage/persistentvolumeclaim.ts';
import { storageClass, volumeAttributesClass } from './storage/storageclass.ts';
import { volumeAttachment } from './storage/volumeattachment.ts';
import { daemonSet } from './workload/daemonset.ts';
import { deployment } from './workload/deployment.ts';
import { podTemplate } from './workload/podtemplate.ts';
import { replicaSet } from './workload/replicaset.ts';
import { replicationController } from './workload/replicationcontroller.ts';
import { statefulSet } from './workload/statefulset.ts';

const core: readonly ResourceDeclaration[] = [
  binding,
  configMap,
  componentStatus,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolumeClaim,
  persistentVolume,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  serviceAccount,
  service,
];

const workloads: readonly ResourceDeclaration[] = [
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
  runtimeClass,
];

const networking: readonly ResourceDeclaration[] = [
  endpointSlice,
  ingress,
  ingressClass,
  ipAddress,
  networkPolicy,
  serviceCidr,
];

const storage: readonly ResourceDeclaration[] = [
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
];

const devices: readonly ResourceDeclaration[] = [
  deviceClass,
  resourceClaim,
  resourceClaimTemplate,
  resourceSlice,
];

const cluster: readonly ResourceDeclaration[] = [
  role,
  clusterRole,
  roleBinding,
  clusterRoleBinding,
  lease,
  flowSchema,
  priorityLevelConfiguration,
  apiService,
  customResourceDefinition,
  eventV1,
  certificateSigningRequest,
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
];

const reviews: readonly ResourceDeclaration[] = [
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
  selfSubjectReview,
  tokenReview,
];

const metrics: readonly ResourceDeclaration[] = [nodeMetrics, podMetrics];

export const kinds: readonly ResourceDeclaration[] = [
  ...core,
  ...workloads,
  ...networking,
  ...storage,
  ...devices,
  ...cluster,
  ...reviews,
  ...metrics,
];

/** Of APIs that are beta, and off unless somebody asks for them. */
export const mutatingPolicyKinds: readonly ResourceDeclaration[] = [
  mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding,
];
