/** Every controller there is, under the names kube-controller-manager gives them. */
import { attachDetachController } from './attach-detach/controller.ts';
import { bootstrapTokenCleaner } from './bootstrap-token/clean.ts';
import { bootstrapSigner } from './bootstrap-token/sign.ts';
import { clusterRoleAggregationController } from './clusterrole-aggregation/controller.ts';
import { certificateApprover } from './certificates/approve.ts';
import { certificateCleaner } from './certificates/clean.ts';
import { certificateSigner } from './certificates/sign.ts';
import { cronJobController } from './cronjob/controller.ts';
import { daemonSetController } from './daemonset/controller.ts';
import { deploymentController } from './deployment/controller.ts';
import { disruptionController } from './disruption/controller.ts';
import { endpointsController } from './endpoints/controller.ts';
import { endpointSliceController } from './endpointslice/controller.ts';
import { endpointSliceMirroringController } from './endpointslice-mirroring/controller.ts';
import { ephemeralVolumeController } from './ephemeral-volume/controller.ts';
import { garbageCollector } from './garbage-collector/controller.ts';
import { hollowProvisioner } from './hollow-provisioner/controller.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/controller.ts';
import { jobController } from './job/controller.ts';
import { legacyTokenCleaner } from './legacy-token-cleaner/controller.ts';
import { namespaceController } from './namespace/controller.ts';
import { nodeLifecycleController } from './node-lifecycle/controller.ts';
import { persistentVolumeBinder } from './persistentvolume-binder/controller.ts';
import { podGarbageCollector } from './pod-gc/controller.ts';
import { rootCaPublisher } from './root-ca-publisher/controller.ts';
import { replicaSetController, replicationControllerController } from './replicaset/controller.ts';
import { resourceClaimController } from './resourceclaim/controller.ts';
import { resourceQuotaController } from './resource-quota/controller.ts';
import type { Controller, ControllerContext } from './runtime/controller.ts';
import { serviceCidrController } from './service-cidr/controller.ts';
import { serviceAccountTokenController } from './serviceaccount-token/controller.ts';
import { serviceAccountController } from './serviceaccount/controller.ts';
import { statefulSetController } from './statefulset/controller.ts';
import { taintEvictionController } from './taint-eviction/controller.ts';
import { ttlAfterFinishedController } from './ttl-after-finished/controller.ts';
import { ttlController } from './ttl/controller.ts';
import { policyStatusController } from './validatingadmissionpolicy-status/controller.ts';
import {
  claimProtectionController,
  volumeProtectionController,
} from './volume-protection/controller.ts';
import {
  certificateSigningRequests,
  clusterRoles,
  configMaps,
  controllerRevisions,
  cronJobs,
  csiDrivers,
  daemonSets,
  deployments,
  endpoints,
  endpointSlices,
  horizontalPodAutoscalers,
  ipAddresses,
  jobs,
  leases,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  replicaSets,
  replicationControllers,
  resourceClaims,
  resourceClaimTemplates,
  resourceQuotas,
  secrets,
  serviceAccounts,
  serviceCidrs,
  services,
  statefulSets,
  storageClasses,
  validatingAdmissionPolicies,
  volumeAttachments,
} from '../api/resources.ts';
import type { ResourceType } from '../api/resource.ts';

export interface Registration {
  readonly name: string;
  /** The name before Kubernetes 1.28, still taken by --controllers. */
  readonly alias: string;
  /** Skipped where the server does not have them. */
  readonly needs: readonly ResourceType[];
  /** Skipped without a certificate authority. */
  readonly signs?: boolean;
  /** Skipped without fingerprints, of which its objects' names are made. */
  readonly names?: boolean;
  readonly build: (context: ControllerContext) => Controller;
}

export const controllerTable: readonly Registration[] = [
  {
    name: 'deployment-controller',
    alias: 'deployment',
    needs: [deployments, replicaSets],
    build: deploymentController,
  },
  {
    name: 'replicaset-controller',
    alias: 'replicaset',
    needs: [replicaSets],
    build: replicaSetController,
  },
  {
    name: 'replicationcontroller-controller',
    alias: 'replicationcontroller',
    needs: [replicationControllers],
    build: replicationControllerController,
  },
  {
    name: 'statefulset-controller',
    alias: 'statefulset',
    needs: [statefulSets, controllerRevisions],
    build: statefulSetController,
  },
  {
    name: 'daemonset-controller',
    alias: 'daemonset',
    needs: [daemonSets, nodes, controllerRevisions],
    build: daemonSetController,
  },
  { name: 'job-controller', alias: 'job', needs: [jobs], build: jobController },
  {
    name: 'cronjob-controller',
    alias: 'cronjob',
    needs: [cronJobs, jobs],
    build: cronJobController,
  },
  {
    name: 'horizontal-pod-autoscaler-controller',
    alias: 'horizontalpodautoscaling',
    needs: [horizontalPodAutoscalers],
    build: horizontalPodAutoscalerController,
  },
  {
    name: 'disruption-controller',
    alias: 'disruption',
    needs: [podDisruptionBudgets],
    build: disruptionController,
  },
  {
    name: 'ttl-after-finished-controller',
    alias: 'ttl-after-finished',
    needs: [jobs],
    build: ttlAfterFinishedController,
  },
  {
    name: 'garbage-collector-controller',
    alias: 'garbagecollector',
    needs: [],
    build: garbageCollector,
  },
  {
    name: 'namespace-controller',
    alias: 'namespace',
    needs: [namespaces],
    build: namespaceController,
  },
  {
    name: 'endpoints-controller',
    alias: 'endpoint',
    needs: [services, endpoints],
    build: endpointsController,
  },
  {
    name: 'endpointslice-controller',
    alias: 'endpointslice',
    needs: [services, endpointSlices],
    build: endpointSliceController,
  },
  {
    name: 'endpointslice-mirroring-controller',
    alias: 'endpointslicemirroring',
    needs: [services, endpoints, endpointSlices],
    build: endpointSliceMirroringController,
  },
  {
    name: 'node-lifecycle-controller',
    alias: 'nodelifecycle',
    needs: [nodes, leases],
    build: nodeLifecycleController,
  },
  { name: 'ttl-controller', alias: 'ttl', needs: [nodes], build: ttlController },
  {
    name: 'taint-eviction-controller',
    alias: 'taint-eviction',
    needs: [nodes],
    build: taintEvictionController,
  },
  {
    name: 'pod-garbage-collector-controller',
    alias: 'podgc',
    needs: [nodes],
    build: podGarbageCollector,
  },
  {
    name: 'resourcequota-controller',
    alias: 'resourcequota',
    needs: [resourceQuotas],
    build: resourceQuotaController,
  },
  {
    name: 'persistentvolume-binder-controller',
    alias: 'persistentvolume-binder',
    needs: [persistentVolumes, persistentVolumeClaims, storageClasses],
    build: persistentVolumeBinder,
  },
  {
    name: 'persistentvolume-attach-detach-controller',
    alias: 'attachdetach',
    needs: [persistentVolumes, persistentVolumeClaims, nodes, csiDrivers, volumeAttachments],
    names: true,
    build: attachDetachController,
  },
  {
    name: 'persistentvolumeclaim-protection-controller',
    alias: 'pvc-protection',
    needs: [persistentVolumeClaims],
    build: claimProtectionController,
  },
  {
    name: 'persistentvolume-protection-controller',
    alias: 'pv-protection',
    needs: [persistentVolumes],
    build: volumeProtectionController,
  },
  {
    name: 'ephemeral-volume-controller',
    alias: 'ephemeral-volume',
    needs: [persistentVolumeClaims],
    build: ephemeralVolumeController,
  },
  {
    name: 'resourceclaim-controller',
    alias: 'resource-claim-controller',
    needs: [resourceClaims, resourceClaimTemplates],
    build: resourceClaimController,
  },
  {
    name: 'hollow-provisioner-controller',
    alias: 'hollow-provisioner',
    needs: [persistentVolumes, persistentVolumeClaims, storageClasses, nodes],
    build: hollowProvisioner,
  },
  {
    name: 'serviceaccount-controller',
    alias: 'serviceaccount',
    needs: [namespaces, serviceAccounts],
    build: serviceAccountController,
  },
  {
    name: 'clusterrole-aggregation-controller',
    alias: 'clusterrole-aggregation',
    needs: [clusterRoles],
    build: clusterRoleAggregationController,
  },
  {
    name: 'root-ca-certificate-publisher-controller',
    alias: 'root-ca-cert-publisher',
    needs: [namespaces, configMaps],
    build: rootCaPublisher,
  },
  {
    name: 'serviceaccount-token-controller',
    alias: 'serviceaccount-token',
    needs: [secrets, serviceAccounts],
    build: serviceAccountTokenController,
  },
  {
    name: 'legacy-serviceaccount-token-cleaner-controller',
    alias: 'legacy-service-account-token-cleaner',
    needs: [secrets, serviceAccounts],
    build: legacyTokenCleaner,
  },
  {
    name: 'certificatesigningrequest-approving-controller',
    alias: 'csrapproving',
    needs: [certificateSigningRequests],
    signs: true,
    build: certificateApprover,
  },
  {
    name: 'certificatesigningrequest-signing-controller',
    alias: 'csrsigning',
    needs: [certificateSigningRequests],
    signs: true,
    build: certificateSigner,
  },
  {
    name: 'certificatesigningrequest-cleaner-controller',
    alias: 'csrcleaner',
    needs: [certificateSigningRequests],
    build: certificateCleaner,
  },
  {
    name: 'bootstrap-signer-controller',
    alias: 'bootstrapsigner',
    needs: [configMaps, secrets],
    build: bootstrapSigner,
  },
  {
    name: 'token-cleaner-controller',
    alias: 'tokencleaner',
    needs: [secrets],
    build: bootstrapTokenCleaner,
  },
  {
    name: 'validatingadmissionpolicy-status-controller',
    alias: 'validatingadmissionpolicy-status',
    needs: [validatingAdmissionPolicies],
    build: policyStatusController,
  },
  {
    name: 'service-cidr-controller',
    alias: 'service-cidr-controller',
    needs: [serviceCidrs, ipAddresses],
    build: serviceCidrController,
  },
];

/** A --controllers list that names no controller. */
export class UnknownControllerError extends Error {
  override readonly name = 'UnknownControllerError';
}

/**
 * What a --controllers list enables: "*" all, "name" that one, "-name" not that one; a name
 * counts more than "*".
 */
export function enabledControllers(list: readonly string[]): readonly Registration[] {
  for (const entry of list) {
    const name = entry.replace(/^-/, '');
    const known = controllerTable.some((c) => c.name === name || c.alias === name);
    if (entry === '*' || known) continue;
    const names = controllerTable.map((c) => c.name).join(', ');
    throw new UnknownControllerError(
      `"${name}" is not in the list of known controllers (${names})`,
    );
  }
  const listed = (names: readonly string[], prefix: string): boolean =>
    names.some((name) => list.includes(prefix + name));
  return controllerTable.filter(({ name, alias }) => {
    if (listed([name, alias], '-')) return false;
    return listed([name, alias], '') || list.includes('*');
  });
}
