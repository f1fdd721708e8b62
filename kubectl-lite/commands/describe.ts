import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { type ResourceType, resourcePath } from '../../api/resource.ts';
import {
  endpoints,
  endpointSlices,
  events,
  leases,
  pods,
  replicaSets,
} from '../../api/resources.ts';
import type {
  ConfigMap,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
} from '../../api/types/core-v1.ts';
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../api/types/apps-v1.ts';
import type { CronJob, Job } from '../../api/types/batch-v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import type { Role, RoleBinding } from '../../api/types/rbac-v1.ts';
import {
  describeBinding,
  describeBudget,
  describeClaim,
  describeCronJob,
  describeDaemonSet,
  describeJob,
  describeLimitRange,
  describeQuota,
  describeRole,
  describeServiceAccount,
  describeStatefulSet,
} from '../describe/small.ts';
import { describeNamespace, describeNode, describeService } from '../describe/cluster.ts';
import { describeEvents } from '../describe/events.ts';
import { describeAny, describeConfigMap, describeSecret } from '../describe/generic.ts';
import { describeDeployment, describePod, describeReplicaSet } from '../describe/workloads.ts';
import { DescriptionWriter } from '../describe/writer.ts';
import { command } from '../command.ts';
import { boolean, integer } from '../flags/flag.ts';
import { locate, visit } from '../resource/builder.ts';
import { allNamespacesFlag, filenameFlags, selectorFlag } from '../resource/flags.ts';
import { chunkSize, listItems } from '../resource/list.ts';
import { itemOf, type Located, readLive } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

/** Writes one object's description; may read what belongs to it. */
type Describer = (
  writer: DescriptionWriter,
  object: never,
  session: Session,
) => void | Promise<void>;

/** By "Kind" or "Kind.group". Kinds that are not here are described field by field. */
const describers: Readonly<Record<string, Describer>> = {
  Pod: (writer, pod: Pod) => describePod(writer, pod),
  Namespace: async (writer, namespace: Namespace, session) => {
    const { name = '' } = namespace.metadata;
    const inside = (resource: string): string => `/api/v1/namespaces/${name}/${resource}`;
    describeNamespace(writer, namespace, {
      quotas: await listOf<ResourceQuota>(session, inside('resourcequotas'), {}),
      ranges: await listOf<LimitRange>(session, inside('limitranges'), {}),
    });
  },
  ConfigMap: (writer, map: ConfigMap) => describeConfigMap(writer, map),
  Secret: (writer, secret: Secret) => describeSecret(writer, secret),
  ResourceQuota: (writer, quota: ResourceQuota) => describeQuota(writer, quota),
  LimitRange: (writer, range: LimitRange) => describeLimitRange(writer, range),
  ServiceAccount: (writer, account: ServiceAccount) => describeServiceAccount(writer, account),
  PersistentVolumeClaim: async (writer, claim: PersistentVolumeClaim, session) =>
    describeClaim(writer, claim, await related(session, pods, claim)),
  'Job.batch': (writer, job: Job) => describeJob(writer, job),
  'CronJob.batch': (writer, cron: CronJob) => describeCronJob(writer, cron),
  'PodDisruptionBudget.policy': (writer, budget: PodDisruptionBudget) =>
    describeBudget(writer, budget),
  'Role.rbac.authorization.k8s.io': (writer, role: Role) => describeRole(writer, role),
  'ClusterRole.rbac.authorization.k8s.io': (writer, role: Role) => describeRole(writer, role),
  'RoleBinding.rbac.authorization.k8s.io': (writer, binding: RoleBinding) =>
    describeBinding(writer, binding),
  'ClusterRoleBinding.rbac.authorization.k8s.io': (writer, binding: RoleBinding) =>
    describeBinding(writer, binding),
  'StatefulSet.apps': async (writer, set: StatefulSet, session) =>
    describeStatefulSet(writer, set, await related(session, pods, set)),
  'DaemonSet.apps': async (writer, set: DaemonSet, session) =>
    describeDaemonSet(writer, set, await related(session, pods, set)),
  'Deployment.apps': async (writer, deployment: Deployment, session) =>
    describeDeployment(writer, deployment, await related(session, replicaSets, deployment)),
  'ReplicaSet.apps': async (writer, set: ReplicaSet, session) =>
    describeReplicaSet(writer, set, await related(session, pods, set)),
  Service: async (writer, service: Service, session) =>
    describeService(writer, service, await backingOf(session, service)),
  Node: async (writer, node: Node, session) => {
    const name = node.metadata.name ?? '';
    const running = await listOf<Pod>(session, resourcePath(pods), {
      fieldSelector: `spec.nodeName=${name},status.phase!=Succeeded,status.phase!=Failed`,
    });
    const lease = await readOptional(session, leases, { namespace: 'kube-node-lease', name });
    describeNode(writer, node, { pods: running, lease });
  },
};

export const describe = command({
  usage: '(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options]',
  flags: {
    ...filenameFlags,
    ...selectorFlag,
    ...allNamespacesFlag,
    'chunk-size': integer('Objects per request; 0 asks for all at once', { value: chunkSize }),
    'show-events': boolean('Show the events of the object', { on: true }),
  },
  async run(session, { words, flags }) {
    if (words.length === 0 && flags.filename.length === 0 && flags.kustomize === '') {
      throw new UsageError(
        'You must specify the type of resource to describe. Use "kubectl-lite api-resources" for ' +
          'a complete list of supported resources.',
      );
    }
    const found = await locate(session, { ...flags, words, all: true });
    let printed = 0;
    const code = await visit(session, found, async (located) => {
      for (const object of await objectsOf(session, located)) {
        const text = await descriptionOf(session, located, {
          object,
          withEvents: flags['show-events'],
        });
        session.output.out(printed++ > 0 ? `\n\n${text}` : text);
      }
    });
    if (printed === 0 && code === 0) {
      const where = flags['all-namespaces'] ? '' : ` in ${session.namespace} namespace.`;
      session.complain(`No resources found${where}`);
    }
    return code;
  },
});

/** The object, or all whose names begin with what was given. */
async function objectsOf(session: Session, located: Located): Promise<readonly KubernetesObject[]> {
  if (located.object !== undefined && located.place === undefined) return [located.object];
  try {
    return [await readLive(session, located)];
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
    const items = await listItems(session, { path: pathOf(located.type, located.namespace) });
    const near = items.filter((item) => item.metadata.name?.startsWith(located.name));
    if (near.length === 0) throw error;
    return near.map((item) => itemOf(located.type, item).object!);
  }
}

async function descriptionOf(
  session: Session,
  { type }: Located,
  { object, withEvents }: { readonly object: KubernetesObject; readonly withEvents: boolean },
): Promise<string> {
  const writer = new DescriptionWriter();
  const key = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  const describer = describers[key];
  if (describer === undefined) describeAny(writer, object);
  else await describer(writer, object as never, session);
  if (withEvents && !withoutEvents.includes(type.kind)) await appendEvents(session, writer, object);
  return writer.text();
}

/** Kinds that kubectl shows no events of. */
const withoutEvents = [
  ...['Event', 'ResourceQuota', 'LimitRange', 'Secret', 'Namespace', 'NetworkPolicy'],
  ...['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
];

async function appendEvents(
  session: Session,
  writer: DescriptionWriter,
  object: KubernetesObject,
): Promise<void> {
  const { name = '', namespace, uid = '' } = object.metadata;
  // Nodes' events carry the node's name as uid, so they are found by name alone.
  const byUid = object.kind === 'Node' || uid === '' ? '' : `,involvedObject.uid=${uid}`;
  const found = await listOf<Event>(
    session,
    resourcePath(events, namespace === undefined ? {} : { namespace }),
    { fieldSelector: `involvedObject.name=${name},involvedObject.kind=${object.kind}${byUid}` },
  );
  describeEvents(writer, found, session.clock.now());
}

async function listOf<T extends KubernetesObject>(
  session: Session,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): Promise<readonly T[]> {
  return ((await session.api.send({ method: 'GET', path, query })) as { items: T[] }).items;
}

function related<T extends KubernetesObject>(
  session: Session,
  type: ResourceType<T>,
  owner: KubernetesObject,
): Promise<readonly T[]> {
  return listOf<T>(session, resourcePath(type, { namespace: owner.metadata.namespace ?? '' }), {});
}

async function readOptional<T extends KubernetesObject>(
  session: Session,
  type: ResourceType<T>,
  ref: { readonly namespace: string; readonly name: string },
): Promise<T | undefined> {
  try {
    return (await session.api.send({ method: 'GET', path: resourcePath(type, ref) })) as T;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** EndpointSlices where the server serves them, else the Endpoints of the same name. */
async function backingOf(
  session: Session,
  service: Service,
): Promise<Parameters<typeof describeService>[2]> {
  const { name = '', namespace = '' } = service.metadata;
  const resources = await session.resources();
  if (resources.ofKind('discovery.k8s.io/v1', 'EndpointSlice') === undefined) {
    return readOptional(session, endpoints, { namespace, name });
  }
  const path = resourcePath(endpointSlices, { namespace });
  return listOf(session, path, { labelSelector: `kubernetes.io/service-name=${name}` });
}
