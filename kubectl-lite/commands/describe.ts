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
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
} from '../../api/types/core-v1.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import { describeNamespace, describeNode, describeService } from '../describe/cluster.ts';
import { describeEvents } from '../describe/events.ts';
import { describeAny, describeConfigMap, describeSecret } from '../describe/generic.ts';
import { describeDeployment, describePod, describeReplicaSet } from '../describe/workloads.ts';
import { DescriptionWriter } from '../describe/writer.ts';
import { failureText } from '../failure.ts';
import { pathOf, type Target, targetsOf } from '../resources.ts';
import type { Session } from '../session.ts';

/** Writes one object's description; may read what belongs to it. */
type Describer = (
  writer: DescriptionWriter,
  object: never,
  session: Session,
) => void | Promise<void>;

/** By "Kind" or "Kind.group". Kinds that are not here are described field by field. */
const describers: Readonly<Record<string, Describer>> = {
  Pod: (writer, pod: Pod) => describePod(writer, pod),
  Namespace: (writer, namespace: Namespace) => describeNamespace(writer, namespace),
  ConfigMap: (writer, map: ConfigMap) => describeConfigMap(writer, map),
  Secret: (writer, secret: Secret) => describeSecret(writer, secret),
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

export async function describe(
  session: Session,
  words: readonly string[],
  options: { readonly selector?: string; readonly allNamespaces: boolean },
): Promise<number> {
  const targets = targetsOf(await session.resources(), words);
  const descriptions: string[] = [];
  let failed = false;
  for (const target of targets) {
    try {
      for (const object of await objectsOf(session, target, options)) {
        descriptions.push(await descriptionOf(session, target, object));
      }
    } catch (error) {
      failed = true;
      session.output.err(`${failureText(error)}\n`);
    }
  }
  if (descriptions.length === 0 && !failed) {
    session.output.err(`No resources found in ${session.namespace} namespace.\n`);
  }
  session.output.out(descriptions.join('\n\n'));
  return failed ? 1 : 0;
}

async function objectsOf(
  session: Session,
  { type, name }: Target,
  options: { readonly selector?: string; readonly allNamespaces: boolean },
): Promise<readonly KubernetesObject[]> {
  const path = pathOf(type, options.allNamespaces ? undefined : session.namespace, name);
  if (name !== undefined) {
    return [(await session.api.send({ method: 'GET', path })) as KubernetesObject];
  }
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  const items = await listOf(session, path, { labelSelector: options.selector });
  return items.map((item) => ({ ...item, apiVersion, kind: type.kind }));
}

async function descriptionOf(
  session: Session,
  { type }: Target,
  object: KubernetesObject,
): Promise<string> {
  const writer = new DescriptionWriter();
  const key = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  const describer = describers[key];
  if (describer === undefined) describeAny(writer, object);
  else await describer(writer, object as never, session);
  if (type.kind !== 'Event') await appendEvents(session, writer, object);
  return writer.text();
}

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
