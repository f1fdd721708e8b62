/** Which kind is described by what. A describer may read from the server what belongs to it. */
import type { ResourceType } from '../../api/resource.ts';
import { resourcePath } from '../../api/resource.ts';
import {
  endpointSlices,
  leases,
  pods,
  replicaSets,
  secrets,
  services,
} from '../../api/resources.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import type * as apps from '../../api/types/apps-v1.ts';
import type * as autoscaling from '../../api/types/autoscaling-v2.ts';
import type * as batch from '../../api/types/batch-v1.ts';
import type * as certificates from '../../api/types/certificates-v1.ts';
import type * as core from '../../api/types/core-v1.ts';
import type * as discovery from '../../api/types/discovery-v1.ts';
import type * as networking from '../../api/types/networking-v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import type { Role, RoleBinding } from '../../api/types/rbac-v1.ts';
import type { PriorityClass } from '../../api/types/scheduling-v1.ts';
import type * as storage from '../../api/types/storage-v1.ts';
import { listItems } from '../resource/list.ts';
import type { Session } from '../session.ts';
import { agesAt } from './ages.ts';
import { describeAutoscaler } from './autoscaling.ts';
import { describeSigningRequest } from './certificate.ts';
import { describeClaim } from './claims.ts';
import { describeNamespace, describeNode } from './cluster.ts';
import { describeConfigMap, describeSecret } from './generic.ts';
import { describeNetworkPolicy } from './network-policy.ts';
import {
  describeEndpoints,
  describeEndpointSlice,
  describeIngress,
  describeIngressClass,
  describeIpAddress,
  describeService,
  describeServiceCidr,
  endpointsText,
} from './networking.ts';
import { describePod } from './pod.ts';
import { describeLimitRange, describeQuota } from './quota.ts';
import { describeBinding, describeRole } from './rbac.ts';
import {
  describeBudget,
  describeController,
  describeCronJob,
  describeDaemonSet,
  describeJob,
  describePriorityClass,
  describeServiceAccount,
  describeStatefulSet,
} from './small.ts';
import {
  describeAttributesClass,
  describeCsiNode,
  describeStorageClass,
  describeVolume,
} from './storage.ts';
import { describeDeployment, describeReplicaSet } from './workloads.ts';
import type { DescriptionWriter } from './writer.ts';

/** Writes one object's description. */
export type Describer = (
  writer: DescriptionWriter,
  object: never,
  session: Session,
) => void | Promise<void>;

const ages = (session: Session) => agesAt(session.clock.now());

/** By "Kind" or "Kind.group". Kinds that are not here are described field by field. */
export const describers: Readonly<Record<string, Describer>> = {
  Pod: (writer, pod: core.Pod, session) => describePod(writer, pod, ages(session)),
  Namespace: async (writer, namespace: core.Namespace, session) => {
    const { name = '' } = namespace.metadata;
    const inside = (resource: string): string => `/api/v1/namespaces/${name}/${resource}`;
    describeNamespace(writer, namespace, {
      quotas: await listItems(session, { path: inside('resourcequotas') }),
      ranges: await listItems(session, { path: inside('limitranges') }),
    });
  },
  ConfigMap: (writer, map: core.ConfigMap) => describeConfigMap(writer, map),
  Secret: (writer, secret: core.Secret) => describeSecret(writer, secret),
  ResourceQuota: (writer, quota: core.ResourceQuota) => describeQuota(writer, quota),
  LimitRange: (writer, range: core.LimitRange) => describeLimitRange(writer, range),
  ServiceAccount: async (writer, account: core.ServiceAccount, session) =>
    describeServiceAccount(writer, account, await accountSecrets(session, account)),
  PersistentVolume: (writer, volume: core.PersistentVolume, session) =>
    describeVolume(writer, volume, ages(session)),
  PersistentVolumeClaim: async (writer, claim: core.PersistentVolumeClaim, session) =>
    describeClaim(writer, claim, {
      pods: await beside(session, pods, claim),
      ages: ages(session),
    }),
  Service: async (writer, service: core.Service, session) =>
    describeService(writer, service, await slicesOf(session, service.metadata)),
  Endpoints: (writer, endpoints: core.Endpoints) => describeEndpoints(writer, endpoints),
  'EndpointSlice.discovery.k8s.io': (writer, slice: discovery.EndpointSlice) =>
    describeEndpointSlice(writer, slice),
  Node: (writer, node: core.Node, session) => describeNodeOf(writer, node, session),
  ReplicationController: async (writer, controller: core.ReplicationController, session) =>
    describeController(writer, controller, await beside(session, pods, controller)),
  'Deployment.apps': async (writer, deployment: apps.Deployment, session) =>
    describeDeployment(writer, deployment, await beside(session, replicaSets, deployment)),
  'ReplicaSet.apps': async (writer, set: apps.ReplicaSet, session) =>
    describeReplicaSet(writer, set, await beside(session, pods, set)),
  'StatefulSet.apps': async (writer, set: apps.StatefulSet, session) =>
    describeStatefulSet(writer, set, await beside(session, pods, set)),
  'DaemonSet.apps': async (writer, set: apps.DaemonSet, session) =>
    describeDaemonSet(writer, set, await beside(session, pods, set)),
  'Job.batch': (writer, job: batch.Job) => describeJob(writer, job),
  'CronJob.batch': (writer, cron: batch.CronJob) => describeCronJob(writer, cron),
  'HorizontalPodAutoscaler.autoscaling': (writer, scaler: autoscaling.HorizontalPodAutoscaler) =>
    describeAutoscaler(writer, scaler),
  'PodDisruptionBudget.policy': (writer, budget: PodDisruptionBudget) =>
    describeBudget(writer, budget),
  'PriorityClass.scheduling.k8s.io': (writer, priority: PriorityClass) =>
    describePriorityClass(writer, priority),
  'Role.rbac.authorization.k8s.io': (writer, role: Role) => describeRole(writer, role),
  'ClusterRole.rbac.authorization.k8s.io': (writer, role: Role) => describeRole(writer, role),
  'RoleBinding.rbac.authorization.k8s.io': (writer, binding: RoleBinding) =>
    describeBinding(writer, binding),
  'ClusterRoleBinding.rbac.authorization.k8s.io': (writer, binding: RoleBinding) =>
    describeBinding(writer, binding),
  'Ingress.networking.k8s.io': (writer, ingress: networking.Ingress, session) =>
    describeIngress(writer, ingress, (backend) => backendText(session, ingress, backend)),
  'IngressClass.networking.k8s.io': (writer, ingressClass: networking.IngressClass) =>
    describeIngressClass(writer, ingressClass),
  'NetworkPolicy.networking.k8s.io': (writer, policy: networking.NetworkPolicy) =>
    describeNetworkPolicy(writer, policy),
  'ServiceCIDR.networking.k8s.io': (writer, cidr: networking.ServiceCIDR) =>
    describeServiceCidr(writer, cidr),
  'IPAddress.networking.k8s.io': (writer, address: networking.IPAddress) =>
    describeIpAddress(writer, address),
  'CertificateSigningRequest.certificates.k8s.io': async (
    writer,
    request: certificates.CertificateSigningRequest,
    session,
  ) => {
    const pem = Buffer.from(request.spec.request, 'base64').toString();
    const facts = await session.environment.readCertificateRequest(pem);
    describeSigningRequest(writer, request, facts);
  },
  'StorageClass.storage.k8s.io': (writer, storageClass: storage.StorageClass) =>
    describeStorageClass(writer, storageClass),
  'VolumeAttributesClass.storage.k8s.io': (writer, attributes: storage.VolumeAttributesClass) =>
    describeAttributesClass(writer, attributes),
  'CSINode.storage.k8s.io': (writer, node: storage.CSINode) => describeCsiNode(writer, node),
};

async function describeNodeOf(
  writer: DescriptionWriter,
  node: core.Node,
  session: Session,
): Promise<void> {
  const { name = '' } = node.metadata;
  const lease = resourcePath(leases, { namespace: 'kube-node-lease', name });
  describeNode(writer, node, {
    pods: await podsOn(session, name),
    lease: await readOr(session, lease),
    ages: ages(session),
  });
}

async function podsOn(session: Session, node: string): Promise<readonly core.Pod[] | undefined> {
  const fieldSelector = `spec.nodeName=${node},status.phase!=Succeeded,status.phase!=Failed`;
  try {
    return await listItems<core.Pod>(session, { path: resourcePath(pods), fieldSelector });
  } catch (error) {
    if (isStatus(error, 'Forbidden')) return undefined;
    throw error;
  }
}

/** The object, or why there is none. */
async function readOr<T>(session: Session, path: string): Promise<T | string> {
  try {
    return (await session.api.send({ method: 'GET', path })) as T;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** All objects of a type in the same namespace. */
function beside<T extends KubernetesObject>(
  session: Session,
  type: ResourceType<T>,
  { metadata }: KubernetesObject,
): Promise<readonly T[]> {
  return listItems(session, { path: resourcePath(type, { namespace: metadata.namespace ?? '' }) });
}

async function slicesOf(
  session: Session,
  { namespace = '', name }: { readonly namespace?: string; readonly name?: string },
): Promise<readonly discovery.EndpointSlice[]> {
  const path = resourcePath(endpointSlices, { namespace });
  return listItems(session, { path, labelSelector: `kubernetes.io/service-name=${name}` });
}

/** The Secrets beside the account: which there are, and which hold its tokens. */
async function accountSecrets(
  session: Session,
  { metadata: account }: core.ServiceAccount,
): Promise<Parameters<typeof describeServiceAccount>[2]> {
  const path = resourcePath(secrets, { namespace: account.namespace ?? '' });
  const found = await listItems<core.Secret>(session, { path });
  const mark = 'kubernetes.io/service-account';
  const tokens = found.filter(
    ({ type, metadata: { annotations = {} } }) =>
      type === `${mark}-token` &&
      annotations[`${mark}.name`] === account.name &&
      annotations[`${mark}.uid`] === account.uid,
  );
  const names = (of: readonly core.Secret[]) => of.map(({ metadata }) => metadata.name ?? '');
  return { there: names(found), tokens: names(tokens) };
}

/** "web:80 (10.0.0.1:8080)" */
async function backendText(
  session: Session,
  { metadata: { namespace = '' } }: networking.Ingress,
  { service, resource }: networking.IngressBackend,
): Promise<string> {
  if (service === undefined) {
    const { apiGroup = '<none>', kind = '', name = '' } = resource ?? {};
    return resource === undefined ? '' : `APIGroup: ${apiGroup}, Kind: ${kind}, Name: ${name}`;
  }
  const { name, port } = service;
  const shown = `${name}:${port?.number ?? port?.name ?? ''}`;
  const path = resourcePath(services, { namespace, name });
  const found = await readOr<core.Service>(session, path);
  if (typeof found === 'string') return `${shown} (<error: ${found}>)`;
  const named = (found.spec.ports ?? []).find(
    (of) => of.port === port?.number || (port?.name && of.name === port.name),
  );
  const slices = await slicesOf(session, { namespace, name });
  return `${shown} (${endpointsText(slices, named?.name ?? '')})`;
}
