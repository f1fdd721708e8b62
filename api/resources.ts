import type { ResourceType } from './resource.ts';
import type { KubernetesObject } from './meta.ts';
import type * as admission from './types/admissionregistration-v1.ts';
import type * as apiregistration from './types/apiregistration-v1.ts';
import type * as apps from './types/apps-v1.ts';
import type * as autoscaling from './types/autoscaling-v2.ts';
import type * as batch from './types/batch-v1.ts';
import type * as certificates from './types/certificates-v1.ts';
import type * as coordination from './types/coordination-v1.ts';
import type * as core from './types/core-v1.ts';
import type * as discovery from './types/discovery-v1.ts';
import type * as networking from './types/networking-v1.ts';
import type * as policy from './types/policy-v1.ts';
import type * as rbac from './types/rbac-v1.ts';
import type * as resource from './types/resource-v1.ts';
import type * as scheduling from './types/scheduling-v1.ts';
import type * as storage from './types/storage-v1.ts';

/** Typed constants for the resources that Wherry's own components use. */
function define<T extends KubernetesObject>(
  [group, version, resource, kind]: readonly [string, string, string, string],
  namespaced = true,
): ResourceType<T> {
  return { group, version, resource, kind, namespaced };
}

export const namespaces = define<core.Namespace>(['', 'v1', 'namespaces', 'Namespace'], false);
export const nodes = define<core.Node>(['', 'v1', 'nodes', 'Node'], false);
export const pods = define<core.Pod>(['', 'v1', 'pods', 'Pod']);
export const services = define<core.Service>(['', 'v1', 'services', 'Service']);
export const endpoints = define<core.Endpoints>(['', 'v1', 'endpoints', 'Endpoints']);
export const configMaps = define<core.ConfigMap>(['', 'v1', 'configmaps', 'ConfigMap']);
export const secrets = define<core.Secret>(['', 'v1', 'secrets', 'Secret']);
export const serviceAccounts = define<core.ServiceAccount>([
  '',
  'v1',
  'serviceaccounts',
  'ServiceAccount',
]);
export const events = define<core.Event>(['', 'v1', 'events', 'Event']);
export const deployments = define<apps.Deployment>(['apps', 'v1', 'deployments', 'Deployment']);
export const replicaSets = define<apps.ReplicaSet>(['apps', 'v1', 'replicasets', 'ReplicaSet']);
export const apiServices = define<apiregistration.APIService>(
  ['apiregistration.k8s.io', 'v1', 'apiservices', 'APIService'],
  false,
);
export const leases = define<coordination.Lease>(['coordination.k8s.io', 'v1', 'leases', 'Lease']);
export const endpointSlices = define<discovery.EndpointSlice>([
  'discovery.k8s.io',
  'v1',
  'endpointslices',
  'EndpointSlice',
]);
export const replicationControllers = define<core.ReplicationController>([
  '',
  'v1',
  'replicationcontrollers',
  'ReplicationController',
]);
export const statefulSets = define<apps.StatefulSet>(['apps', 'v1', 'statefulsets', 'StatefulSet']);
export const daemonSets = define<apps.DaemonSet>(['apps', 'v1', 'daemonsets', 'DaemonSet']);
export const controllerRevisions = define<apps.ControllerRevision>([
  'apps',
  'v1',
  'controllerrevisions',
  'ControllerRevision',
]);
export const jobs = define<batch.Job>(['batch', 'v1', 'jobs', 'Job']);
export const cronJobs = define<batch.CronJob>(['batch', 'v1', 'cronjobs', 'CronJob']);
export const podDisruptionBudgets = define<policy.PodDisruptionBudget>([
  'policy',
  'v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
]);
export const priorityClasses = define<scheduling.PriorityClass>(
  ['scheduling.k8s.io', 'v1', 'priorityclasses', 'PriorityClass'],
  false,
);
export const horizontalPodAutoscalers = define<autoscaling.HorizontalPodAutoscaler>([
  'autoscaling',
  'v2',
  'horizontalpodautoscalers',
  'HorizontalPodAutoscaler',
]);
export const persistentVolumes = define<core.PersistentVolume>(
  ['', 'v1', 'persistentvolumes', 'PersistentVolume'],
  false,
);
export const persistentVolumeClaims = define<core.PersistentVolumeClaim>([
  '',
  'v1',
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
]);
export const resourceQuotas = define<core.ResourceQuota>([
  '',
  'v1',
  'resourcequotas',
  'ResourceQuota',
]);
export const limitRanges = define<core.LimitRange>(['', 'v1', 'limitranges', 'LimitRange']);
export const storageClasses = define<storage.StorageClass>(
  ['storage.k8s.io', 'v1', 'storageclasses', 'StorageClass'],
  false,
);
export const csiNodes = define<storage.CSINode>(
  ['storage.k8s.io', 'v1', 'csinodes', 'CSINode'],
  false,
);
export const csiDrivers = define<storage.CSIDriver>(
  ['storage.k8s.io', 'v1', 'csidrivers', 'CSIDriver'],
  false,
);
export const csiStorageCapacities = define<storage.CSIStorageCapacity>([
  'storage.k8s.io',
  'v1',
  'csistoragecapacities',
  'CSIStorageCapacity',
]);
const RBAC_GROUP = 'rbac.authorization.k8s.io';
export const roles = define<rbac.Role>([RBAC_GROUP, 'v1', 'roles', 'Role']);
export const roleBindings = define<rbac.RoleBinding>([
  RBAC_GROUP,
  'v1',
  'rolebindings',
  'RoleBinding',
]);
export const clusterRoles = define<rbac.ClusterRole>(
  [RBAC_GROUP, 'v1', 'clusterroles', 'ClusterRole'],
  false,
);
export const clusterRoleBindings = define<rbac.ClusterRoleBinding>(
  [RBAC_GROUP, 'v1', 'clusterrolebindings', 'ClusterRoleBinding'],
  false,
);
export const validatingAdmissionPolicies = define<admission.ValidatingAdmissionPolicy>(
  [
    'admissionregistration.k8s.io',
    'v1',
    'validatingadmissionpolicies',
    'ValidatingAdmissionPolicy',
  ],
  false,
);
export const volumeAttachments = define<storage.VolumeAttachment>(
  ['storage.k8s.io', 'v1', 'volumeattachments', 'VolumeAttachment'],
  false,
);
export const certificateSigningRequests = define<certificates.CertificateSigningRequest>(
  ['certificates.k8s.io', 'v1', 'certificatesigningrequests', 'CertificateSigningRequest'],
  false,
);

const RESOURCE_GROUP = 'resource.k8s.io';
export const resourceClaims = define<resource.ResourceClaim>([
  RESOURCE_GROUP,
  'v1',
  'resourceclaims',
  'ResourceClaim',
]);
export const resourceClaimTemplates = define<resource.ResourceClaimTemplate>([
  RESOURCE_GROUP,
  'v1',
  'resourceclaimtemplates',
  'ResourceClaimTemplate',
]);
export const resourceSlices = define<resource.ResourceSlice>(
  [RESOURCE_GROUP, 'v1', 'resourceslices', 'ResourceSlice'],
  false,
);
export const deviceClasses = define<resource.DeviceClass>(
  [RESOURCE_GROUP, 'v1', 'deviceclasses', 'DeviceClass'],
  false,
);

const NETWORKING_GROUP = 'networking.k8s.io';
export const serviceCidrs = define<networking.ServiceCIDR>(
  [NETWORKING_GROUP, 'v1', 'servicecidrs', 'ServiceCIDR'],
  false,
);
export const ipAddresses = define<networking.IPAddress>(
  [NETWORKING_GROUP, 'v1', 'ipaddresses', 'IPAddress'],
  false,
);
