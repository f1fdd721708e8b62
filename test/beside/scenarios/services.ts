import type { Place, Seen, SeenCondition } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';

const service = (more: string): string => `
apiVersion: v1
kind: Service
metadata: { name: web, labels: { tier: front } }
spec:
  ports: [{ name: http, port: 80, targetPort: 8080 }]
  ${more}`;

const pods = (replicas: number, more = {}): string => `
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  ${template('web', more).trim()}`;

const addresses = (endpoints: Seen): number =>
  (endpoints.subsets ?? []).flatMap((subset) => subset.addresses ?? []).length;
const unready = (endpoints: Seen): number =>
  (endpoints.subsets ?? []).flatMap((subset) => subset.notReadyAddresses ?? []).length;

/** Both kinds name that many ready: what happened so far is written down, each in its own write. */
async function named(at: Place, count: number): Promise<void> {
  await at.until('Endpoints', 'web', (each) => addresses(each) === count);
  const ready = (slice: Seen): number =>
    (slice.endpoints ?? []).filter((each) => JSON.stringify(each).includes('"ready":true')).length;
  await at.untilAll('EndpointSlice', (slices) => slices.some((each) => ready(each) === count));
}

const readyIs =
  (wanted: string) =>
  ({ status }: Seen): boolean =>
    (status?.conditions ?? []).some(
      (each: SeenCondition) => each.type === 'Ready' && each.status === wanted,
    );

export const serviceScenarios: readonly Scenario[] = [
  {
    name: 'service with pods',
    async run(at) {
      // One thing after another: it takes its time to end, and is there until all have seen it end.
      const slow = { annotations: { 'wherry.io/stop-seconds': '10' } };
      const held = pods(2, slow).replace(
        'labels:',
        'finalizers: [example.org/held]\n      labels:',
      );
      await at.create(`${held}\n---${service('selector: { app: web }')}`);
      await at.until('Endpoints', 'web', (each) => addresses(each) === 2);
      await at.merge('ReplicaSet', 'web', { spec: { replicas: 1 } });
      await at.until('Endpoints', 'web', (each) => addresses(each) === 1);
      await at.untilAll('EndpointSlice', ([slice]) => slice!.endpoints?.length === 1);
      const leaving = (await at.list('Pod')).find(({ metadata }) => metadata.deletionTimestamp);
      await at.merge('Pod', leaving!.metadata.name, { metadata: { finalizers: null } });
      await at.untilAll('Pod', (left) => left.length === 1);
    },
  },
  ...['PreferClose', 'PreferSameNode'].map((distribution) => ({
    name: `service whose traffic stays near: ${distribution}`,
    async run(at: Place) {
      const more = `selector: { app: web }\n  trafficDistribution: ${distribution}`;
      await at.create(`${pods(2)}\n---${service(more)}`);
      await at.until('Endpoints', 'web', (each) => addresses(each) === 2);
    },
  })),
  {
    name: 'service that asks for zones where nodes tell none',
    async run(at) {
      const zones =
        'metadata: { annotations: { service.kubernetes.io/topology-mode: Auto }, name: web }';
      const text = service('selector: { app: web }\n  trafficDistribution: PreferClose');
      await at.create(`${pods(2)}\n---${text.replace(/metadata: .*/, zones)}`);
      await at.until('Endpoints', 'web', (each) => addresses(each) === 2);
      await at.untilEvent('TopologyAwareHintsDisabled');
    },
  },
  {
    name: 'service without a pod',
    async run(at) {
      await at.create(service('selector: { app: nobody }'));
      await at.until('Endpoints', 'web');
      await at.untilAll('EndpointSlice', (slices) => slices.length === 1);
    },
  },
  {
    name: 'service whose pods are not ready',
    async run(at) {
      const slow = { annotations: { 'wherry.io/ready-seconds': '1000' } };
      await at.create(`${pods(1, slow)}\n---${service('selector: { app: web }')}`);
      await at.until('Endpoints', 'web', (each) => unready(each) === 1);
    },
  },
  {
    name: 'service that publishes what is not ready',
    async run(at) {
      const slow = { annotations: { 'wherry.io/ready-seconds': '1000' } };
      const more = 'clusterIP: None\n  publishNotReadyAddresses: true\n  selector: { app: web }';
      await at.create(`${pods(1, slow)}\n---${service(more)}`);
      await at.until('Endpoints', 'web', (each) => addresses(each) === 1);
    },
  },
  {
    name: 'service with named and several ports',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: Pod
metadata: { name: one, labels: { app: web } }
spec:
  hostname: one
  subdomain: web
  containers:
    - name: main
      image: example.org/main:1
      ports: [{ name: admin, containerPort: 9000 }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  clusterIP: None
  selector: { app: web }
  ports:
    - { name: http, port: 80, targetPort: 8080 }
    - { name: admin, port: 81, targetPort: admin, appProtocol: http }
    - { name: dns, port: 53, protocol: UDP }`);
      await at.until('Endpoints', 'web', (each) => addresses(each) > 0);
    },
  },
  {
    name: 'service without selector, endpoints by hand',
    async run(at) {
      await at.create(`${service('')}
---
apiVersion: v1
kind: Endpoints
metadata: { name: web, labels: { made: by-hand }, annotations: { note: kept } }
subsets:
  - addresses: [{ ip: 192.0.2.1 }, { ip: 192.0.2.2, nodeName: node1 }]
    notReadyAddresses: [{ ip: 192.0.2.3 }]
    ports: [{ name: http, port: 8080 }]`);
      await at.untilAll('EndpointSlice', (slices) => slices.length === 1);
    },
  },
  {
    name: 'service that is deleted',
    async run(at) {
      await at.create(`${pods(1)}\n---${service('selector: { app: web }')}`);
      await named(at, 1);
      await at.delete('Service', 'web');
      await at.untilGone('Endpoints', 'web');
      await at.untilAll('EndpointSlice', (slices) => slices.length === 0);
    },
  },
  {
    name: 'service of another name',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: ExternalName, externalName: example.org }`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    },
  },
  {
    name: 'service that selects other pods, then none',
    async run(at) {
      await at.create(`${pods(1)}\n---${service('selector: { app: web }')}`);
      await named(at, 1);
      await at.merge('Service', 'web', { spec: { selector: { app: 'other' } } });
      await at.until('Endpoints', 'web', (each) => addresses(each) === 0);
      await at.merge('Service', 'web', { metadata: { labels: { tier: 'back' } } });
      await at.until('Endpoints', 'web', ({ metadata }) => metadata.labels?.['tier'] === 'back');
    },
  },
  {
    name: 'service whose ports change',
    async run(at) {
      await at.create(`${pods(1)}\n---${service('selector: { app: web }')}`);
      await named(at, 1);
      const ports = [{ name: 'http', port: 80, targetPort: 9090 }];
      await at.merge('Service', 'web', { spec: { ports } });
      await at.until('Endpoints', 'web', (each) => JSON.stringify(each).includes('9090'));
    },
  },
  {
    name: 'service with a pod that is on its way out',
    async run(at) {
      const slow = { annotations: { 'wherry.io/stop-seconds': '1000' } };
      await at.create(`${pods(1, slow)}\n---${service('selector: { app: web }')}`);
      await named(at, 1);
      const [pod] = await at.list('Pod');
      await at.merge('ReplicaSet', 'web', { spec: { replicas: 0 } });
      await at.until(
        'Pod',
        pod!.metadata.name,
        ({ metadata }) => metadata.deletionTimestamp !== undefined,
      );
      await at.until('Endpoints', 'web', (each) => addresses(each) === 0);
    },
  },
  {
    name: 'range of service addresses, gone while one is taken',
    also: ['ServiceCIDR/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: networking.k8s.io/v1
kind: ServiceCIDR
metadata: { name: NAMESPACE }
spec: { cidrs: [10.211.0.0/24] }`);
      await at.until('ServiceCIDR', at.namespace, readyIs('True'));
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await at.create(service('clusterIP: 10.211.0.7'));
      await at.delete('ServiceCIDR', at.namespace);
      await at.until('ServiceCIDR', at.namespace, readyIs('False'));
    },
  },
  {
    name: 'range of service addresses that nobody took',
    also: ['ServiceCIDR/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: networking.k8s.io/v1
kind: ServiceCIDR
metadata: { name: NAMESPACE }
spec: { cidrs: [10.212.0.0/24] }`);
      await at.until('ServiceCIDR', at.namespace, readyIs('True'));
      await at.delete('ServiceCIDR', at.namespace);
      await at.untilGone('ServiceCIDR', at.namespace);
    },
  },
];
