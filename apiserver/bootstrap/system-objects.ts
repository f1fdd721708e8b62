import { resourcePath, type ResourceType } from '../../api/resource.ts';
import { namespaces, priorityClasses, services } from '../../api/resources.ts';
import { systemPriorityClasses } from '../registry/kinds/priorityclass.ts';
import type { SelfClient } from './self-client.ts';

/** Namespaces that every cluster has. */
const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export interface SystemObjectsOptions {
  readonly client: SelfClient;
  /** Types this server serves. */
  readonly serves: (type: ResourceType) => boolean;
  /** The first address of the service range, which the Service kubernetes claims. */
  readonly serviceAddress: string;
  /** The port its endpoints listen on; undefined while the server listens nowhere. */
  readonly securePort?: number | undefined;
}

function kubernetesService(clusterIP: string, targetPort: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      sessionAffinity: 'None',
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort }],
    },
  };
}

/** Reads first: on every start but a cluster's first that is all there is to do. */
async function ensure(client: SelfClient, type: ResourceType, object: object): Promise<void> {
  const { metadata } = object as { metadata: { name: string; namespace?: string } };
  if ((await client.get(resourcePath(type, metadata))) !== undefined) return;
  const { namespace } = metadata;
  const collection = resourcePath(type, namespace === undefined ? {} : { namespace });
  await client.create(collection, object);
}

/** The namespaces every cluster has. Any number of servers may do this at once. */
export async function ensureNamespaces({ client, serves }: SystemObjectsOptions): Promise<void> {
  if (!serves(namespaces)) return;
  await Promise.all(
    systemNamespaces.map((name) =>
      ensure(client, namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
    ),
  );
}

/** The Service that pods reach the API server by. */
export async function ensureService(options: SystemObjectsOptions): Promise<void> {
  const { client, serves, serviceAddress, securePort = 6443 } = options;
  if (!serves(services)) return;
  await ensure(client, services, kubernetesService(serviceAddress, securePort));
}

/** The classes of pods that a cluster cannot do without. */
export async function ensurePriorityClasses(options: SystemObjectsOptions): Promise<void> {
  const { client, serves } = options;
  if (!serves(priorityClasses)) return;
  await Promise.all(
    systemPriorityClasses.map(({ name, value, description }) =>
      ensure(client, priorityClasses, {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name },
        value,
        description,
      }),
    ),
  );
}
